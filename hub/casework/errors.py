"""Why a decision was not taken. Each one leaves everything as it was."""

from hub.errors import HubError


class CaseworkError(HubError):
    """Base of all errors of casework."""

    code = "casework"


class FlagNotFoundError(CaseworkError):
    """There is no such flag, or none that this person may see."""

    code = "flag_not_found"


class FlagWithdrawnError(CaseworkError):
    """The interaction was measured again and the rule does not fire any more."""

    code = "flag_withdrawn"


class DecisionConflictError(CaseworkError):
    """Somebody decided after the page was opened."""

    code = "decision_conflict"


class DecisionNotAllowedError(CaseworkError):
    """Only a supervisor of the branch decides, and nobody in the own case."""

    code = "decision_not_allowed"


class DecisionInvalidError(CaseworkError):
    """Outcome or ground is none of the known ones."""

    code = "decision_invalid"
