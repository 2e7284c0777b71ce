"""Decisions on flags. Nothing is ever changed: a decision is corrected by a further one.

Every function wants a connection from `branches_transaction`, so that row security says which
flags there are; one transaction is one decision.
"""

from enum import StrEnum
from uuid import UUID

from hub.casework.errors import (
    DecisionConflictError,
    DecisionInvalidError,
    DecisionNotAllowedError,
    FlagNotFoundError,
    FlagWithdrawnError,
)
from hub.store import reviews as rows
from hub.store.reviews import FlagState, ReviewConnection, ReviewRow


class Outcome(StrEnum):
    CONFIRMED = "confirmed"
    """Có căn cứ."""
    DISMISSED = "dismissed"
    """Không có căn cứ."""
    INSUFFICIENT = "insufficient"
    """Không đủ căn cứ."""
    COACHED = "coached"
    """Góp ý, hướng dẫn."""


class Ground(StrEnum):
    """What a decision rests on beside the flag itself."""

    CLERK_AGREES = "clerk_agrees"
    DOSSIER_FACT = "dossier_fact"
    EYEWITNESS = "eyewitness"
    CITIZEN_CONTACTED = "citizen_contacted"
    CCTV_REQUEST = "cctv_request"
    NONE = "none"
    """Such a decision counts for no rule's precision."""


def decide(
    connection: ReviewConnection,
    flag_id: UUID,
    *,
    outcome: Outcome | str,
    ground: Ground | str,
    by: UUID,
    expected_review_no: int,
    bulk: bool = False,
) -> ReviewRow:
    """`expected_review_no`: of the last decision that the person saw, 0 where there was none.
    `bulk`: one of many decided at once; such a decision says nothing of the rule.

    Raises FlagNotFoundError, FlagWithdrawnError, DecisionNotAllowedError,
    DecisionConflictError or DecisionInvalidError, and has then written nothing.
    """
    chosen, rests_on = _known(outcome, ground)
    flag = _locked(connection, flag_id, by)
    if flag.state == "withdrawn":
        raise FlagWithdrawnError(
            "the interaction was measured again and this flag is not raised any more; "
            "there is nothing to decide"
        )
    if flag.last_review_no == expected_review_no:
        added = rows.add_review(
            connection,
            flag,
            review_no=expected_review_no + 1,
            outcome=chosen,
            ground=rests_on,
            decided_by=by,
            bulk=bulk,
        )
        if added is not None:
            return added
    raise DecisionConflictError(
        f"someone else decided meanwhile: got decision {expected_review_no + 1}, the flag has "
        f"{flag.last_review_no} already; read it, then decide again if need be"
    )


def history(connection: ReviewConnection, flag_id: UUID) -> list[ReviewRow]:
    """In order; the last one holds."""
    return rows.history(connection, flag_id)


def _known(outcome: str, ground: str) -> tuple[Outcome, Ground]:
    try:
        return Outcome(outcome), Ground(ground)
    except ValueError as error:
        raise DecisionInvalidError(
            f"expected an outcome of {', '.join(Outcome)} and a ground of {', '.join(Ground)}"
        ) from error


def _locked(connection: ReviewConnection, flag_id: UUID, by: UUID) -> FlagState:
    """The flag as it stands now, held until the transaction ends."""
    flag = rows.find_flag(connection, flag_id)
    if flag is None:
        raise FlagNotFoundError("no such flag in the branches that you see")
    if not (rows.may_decide(connection, by, flag) and rows.lock_flag(connection, flag)):
        raise DecisionNotAllowedError(
            "this flag is reviewed outside the branch: only the city's QA decides on it"
            if flag.reviewer == "city"
            else "only a supervisor of the branch decides on its flags; ask one of them"
        )
    # Read again: while this waited for the lock, somebody may have decided.
    after = rows.find_flag(connection, flag_id)
    assert after is not None, "a locked flag cannot vanish"
    return after
