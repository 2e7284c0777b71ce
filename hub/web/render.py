"""Writes a page from its context. Templates hold no logic but loops and conditions."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.auth.permissions import UserRole, may_open
from hub.auth.sessions import Session
from hub.web import urls
from hub.web.i18n import LANGUAGES, Speech, UiLanguage, catalogue
from hub.web.words import GROUPS, N_


@dataclass(frozen=True, slots=True)
class NavItem:
    route: str
    address: str
    title: str


_NAV: Final = (
    NavItem("page.overview", urls.OVERVIEW, N_("Overview")),
    NavItem("page.queue", urls.QUEUE, N_("Review queue")),
    NavItem("page.trends", urls.TRENDS, N_("Trends")),
    NavItem("page.rules", urls.RULES, N_("Rules")),
    NavItem("page.interactions", urls.INTERACTIONS, N_("Interactions")),
    NavItem("page.truth", urls.TRUTH, N_("Truth sessions")),
    NavItem("page.devices", urls.DEVICES, N_("Devices")),
    NavItem("page.kept", urls.KEPT, N_("What is kept")),
)


@dataclass(frozen=True, slots=True)
class Chrome:
    """What stands around every page."""

    speech: Speech
    session: Session | None
    form_token: str
    here: str
    """Address of the page itself, to come back to."""

    @property
    def nav(self) -> list[NavItem]:
        return nav_for(self.session.role) if self.session else []

    def at(self, address: str) -> Literal["page", "true"] | None:
        """aria-current of a link: this page, a page below it, or elsewhere."""
        path = self.here.split("?")[0]
        if path == address:
            return "page"
        return "true" if path.startswith(f"{address}/") else None


def nav_for(role: UserRole) -> list[NavItem]:
    return [item for item in _NAV if may_open(role, item.route)]


@cache
def _environment(language: UiLanguage) -> Environment:
    environment = Environment(
        loader=PackageLoader("hub.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(urls=urls, say=Speech(language), words=GROUPS, languages=LANGUAGES)
    return environment


def page(template: str, chrome: Chrome, **context: Any) -> str:
    return (
        _environment(chrome.speech.language).get_template(template).render(chrome=chrome, **context)
    )


def error_page(
    speech: Speech,
    session: Session | None,
    status: int,
    title: str,
    detail: str,
    error_id: str | None,
) -> str:
    """Asks nothing of the database: it must show even when that is away."""
    chrome = Chrome(
        speech=speech,
        session=session,
        form_token=session.csrf_token if session else "",
        here=urls.HOME,
    )
    return page("error.html", chrome, status=status, title=title, detail=detail, error_id=error_id)
