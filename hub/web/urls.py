"""Every address of the pages, built here and nowhere else. Handlers register the patterns,
templates and redirects call the functions.
"""

from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

HOME = "/"
SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
LANGUAGE = "/language"
OVERVIEW = "/overview"
OVERVIEW_LIVE = "/overview/live"
ALERTS = "/overview/alerts"
ALERT_EVENTS = "/overview/alerts/events"
WENT = "/alerts/{flag_id}/visits"
INTERACTIONS = "/interactions"
INTERACTION = "/interactions/{interaction_id}"
QUEUE = "/queue"
DECIDE = "/flags/{flag_id}/reviews"
DEVICES = "/devices"
GAPS = "/devices/gaps"
KEPT = "/kept"
RULES = "/rules"
TRIAL = "/rules/trial"
TRENDS = "/trends"
TRUTH = "/truth"
TRUTH_REPORT = "/truth/report"
TRUTH_SESSION = "/truth/{session_id}"
TRUTH_END = "/truth/{session_id}/end"
TRUTH_VOID = "/truth/{session_id}/void"
STATIC = "/static"
API = "/api/v1"
OPENAPI = "/api/openapi.json"


def interaction(interaction_id: UUID, flag_id: UUID | None = None) -> str:
    anchor = f"#flag-{flag_id}" if flag_id else ""
    return f"{INTERACTIONS}/{interaction_id}{anchor}"


def interactions(**filters: str | None) -> str:
    chosen = {name: value for name, value in filters.items() if value}
    return f"{INTERACTIONS}?{urlencode(chosen)}" if chosen else INTERACTIONS


def rules(branch_id: str) -> str:
    return f"{RULES}?{urlencode({'branch': branch_id})}"


def decide(flag_id: UUID) -> str:
    return f"/flags/{flag_id}/reviews"


def went(flag_id: UUID) -> str:
    return f"/alerts/{flag_id}/visits"


def truth_session(session_id: UUID) -> str:
    return f"{TRUTH}/{session_id}"


def truth_end(session_id: UUID) -> str:
    return f"{TRUTH}/{session_id}/end"


def truth_void(session_id: UUID) -> str:
    return f"{TRUTH}/{session_id}/void"


def static(name: str) -> str:
    return f"{STATIC}/{quote(name)}"


def sign_in(came_for: str | None = None, *, expired: bool = False) -> str:
    query = {
        **({"next": came_for} if came_for and came_for != HOME else {}),
        **({"expired": "1"} if expired else {}),
    }
    return f"{SIGN_IN}?{urlencode(query)}" if query else SIGN_IN


def safe_next(address: str | None) -> str:
    """Where to go after signing in: a page of this site, never another one's."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return HOME
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or any(ord(c) < 33 or c == "\\" for c in address):
        return HOME
    return address
