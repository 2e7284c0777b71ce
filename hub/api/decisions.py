"""A decision on a flag, for the form and for the API alike."""

from uuid import UUID

from hub.api.deps import Services
from hub.auth.sessions import Session
from hub.store.pages import FlagRow


def decide_flag(
    services: Services, session: Session, flag_id: UUID, outcome: str, ground: str
) -> FlagRow:
    raise NotImplementedError
