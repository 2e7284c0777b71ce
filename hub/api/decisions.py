"""A decision on a flag, for the form and for the API alike."""

from uuid import UUID

from hub.api.deps import Services, own_rows
from hub.auth.sessions import Session
from hub.casework import reviews
from hub.casework.errors import FlagNotFoundError
from hub.store import pages
from hub.store.pages import FlagRow
from hub.web.views.flags import WAITING_KINDS, sees_city


def decide_flag(
    services: Services,
    session: Session,
    flag_id: UUID,
    *,
    outcome: str,
    ground: str,
    expected_review_no: int,
) -> FlagRow:
    """The flag that was decided. Raises the errors of hub.casework.

    Trends ask for no decision, and shadow flags are not shown: neither can be decided.
    """
    with own_rows(services, session) as connection:
        found = pages.flags(
            connection,
            kinds=WAITING_KINDS,
            flag_id=flag_id,
            city=sees_city(session.role),
            limit=1,
        )
        if not found:
            raise FlagNotFoundError("no flag to be decided in the branches that you see")
        reviews.decide(
            connection,
            flag_id,
            outcome=outcome,
            ground=ground,
            by=session.user_id,
            expected_review_no=expected_review_no,
        )
    return found[0]
