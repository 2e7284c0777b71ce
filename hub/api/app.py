"""The application: pages, JSON and static files behind one guard."""

from importlib import resources
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from hub.api import (
    alert_stream,
    devices,
    errors,
    files,
    flags,
    health,
    interactions,
    me,
    places,
    rules,
    truth,
)
from hub.api.alert_feed import AlertFeed
from hub.api.deps import Services, WebSettings, guard
from hub.api.headers import SecurityHeaders
from hub.api.watch import CountRequests
from hub.auth.permissions import PUBLIC, ROUTES
from hub.store.pool import Database
from hub.web import alerts, pages, rule_pages, signin, truth_pages, urls
from hub.web.i18n import LANGUAGES, catalogue
from hub.web.rulebook import RuleBook

ROUTERS: Final = (
    health.router,
    me.router,
    places.router,
    interactions.router,
    flags.router,
    rules.router,
    devices.router,
    files.router,
    signin.router,
    pages.router,
    alerts.router,
    alert_stream.router,
    rule_pages.router,
    truth.router,
    truth_pages.router,
)
_MAX_BODY_BYTES: Final = 64 * 1024


def create_app(
    database: Database, rulebook: RuleBook | None = None, settings: WebSettings | None = None
) -> FastAPI:
    """`database` is connected as hailong_app; it may be away and come back.

    Without a rulebook, the one of hub/scoring is loaded.
    """
    for language in LANGUAGES:
        catalogue(language)  # a broken catalogue is found at start, not on a page
    app = FastAPI(
        title="Hài Lòng",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(guard)],
        max_body_size=_MAX_BODY_BYTES,
    )
    settings = settings or WebSettings()
    feed = AlertFeed(database, settings.streams)
    app.state.services = Services(database, rulebook or RuleBook.load(), settings, feed)
    for router in ROUTERS:
        app.include_router(router)
    check_routes()
    with resources.as_file(resources.files("hub.web") / "static") as folder:
        # Pages are not compressed: they hold the token against forged forms.
        static = GZipMiddleware(StaticFiles(directory=folder), minimum_size=1024)
        app.mount(urls.STATIC, static, name="static")
    errors.install(app)
    app.add_middleware(errors.Boundary)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(CountRequests)
    return app


def route_names() -> list[str]:
    return [getattr(route, "name", "") for router in ROUTERS for route in router.routes]


def check_routes() -> None:
    """A route without a line in the permission table is a fault of the program."""
    unnamed = set(route_names()) ^ (PUBLIC | set(ROUTES))
    if unnamed:
        raise RuntimeError(
            f"routes and hub/auth/permissions.py differ: {', '.join(sorted(unnamed))}; "
            "give each route one line there"
        )
