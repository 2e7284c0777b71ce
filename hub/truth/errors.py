"""Why a truth session, a tick or a script was not taken. Each leaves everything as it was."""

from hub.errors import HubError
from hub.scoring.errors import DefinitionError


class TruthError(HubError):
    """Base of what can be wrong with a truth session."""

    code = "truth"


class SessionNotFoundError(TruthError):
    """There is no such session, or none that this person may see."""

    code = "truth_not_found"


class NotObserverError(TruthError):
    """Only the person who started a session writes in it."""

    code = "truth_not_observer"


class CounterTakenError(TruthError):
    """A session is open at the counter already."""

    code = "truth_counter_taken"


class SessionOverError(TruthError):
    """It is ended or void."""

    code = "truth_over"


class ChoiceError(TruthError):
    """Something that was chosen is none of the known words, or the notice was not given."""

    code = "truth_choice"


class ScriptError(DefinitionError):
    """A script cannot be used as it stands; names file, line and field."""

    code = "script"
