"""What places are called, for pages that do not list them."""

from hub.store import pages
from hub.store.pages import PageConnection
from hub.web.i18n import Speech


def branch_names(connection: PageConnection, speech: Speech) -> dict[str, str]:
    """Id and name of each branch that the reader may see, by its id."""
    vietnamese = speech.language == "vi"
    found = pages.branch_names(connection)
    return {branch: vi if vietnamese else en for branch, (vi, en) in sorted(found.items())}
