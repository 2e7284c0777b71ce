"""The address where devices enrol and renew: an application of its own, on a port of its own.

It holds the devices' authority, so nothing else is served by its process than it must: no
pages, no cookies, no sessions.
"""

from dataclasses import asdict, dataclass, field
from typing import Final, Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from hub.api.errors import Boundary, Problem
from hub.api.headers import SecurityHeaders
from hub.errors import HubError
from hub.identity.enrolment import Enrolment
from hub.identity.errors import EnrolmentRefusedError
from hub.identity.limits import RateLimit
from hub.store.errors import StoreError
from schemas.enrolment import (
    AUTHORITY_PATH,
    ENROL_PATH,
    RENEW_PATH,
    AuthorityAnswer,
    EnrolAnswer,
    EnrolRequest,
    RenewRequest,
)

router = APIRouter()
_MAX_BODY_BYTES: Final = 32 * 1024


@dataclass(frozen=True, slots=True)
class _Services:
    enrolment: Enrolment
    # A branch's devices share one address, and all of them may be set up on one morning.
    by_address: RateLimit = field(default_factory=lambda: RateLimit(120, 600.0))
    by_device: RateLimit = field(default_factory=lambda: RateLimit(12, 600.0))


def create_enrolment_app(enrolment: Enrolment) -> FastAPI:
    app = FastAPI(
        title="Hài Lòng: enrolment",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        max_body_size=_MAX_BODY_BYTES,
    )
    app.state.services = _Services(enrolment)
    app.include_router(router)
    _tell_errors(app)
    app.add_middleware(Boundary)
    app.add_middleware(SecurityHeaders)
    return app


@router.get("/healthz", name="enrol.process")
def process() -> dict[Literal["status"], Literal["ok"]]:
    return {"status": "ok"}


@router.get(AUTHORITY_PATH, name="enrol.authority")
def authority(request: Request) -> AuthorityAnswer:
    """A device asks before it can know whom it asks, and believes the fingerprint alone."""
    return AuthorityAnswer(certificate=_services(request).enrolment.told.authority)


@router.post(ENROL_PATH, name="enrol.device")
def enrol(request: Request, asked: EnrolRequest) -> EnrolAnswer:
    services = _limited(request, asked.device_id)
    return services.enrolment.enrol(asked)


@router.post(RENEW_PATH, name="enrol.renew")
def renew(request: Request, asked: RenewRequest) -> EnrolAnswer:
    services = _limited(request, asked.device_id)
    return services.enrolment.renew(asked)


def _services(request: Request) -> _Services:
    found: _Services = request.app.state.services
    return found


def _limited(request: Request, device_id: str) -> _Services:
    services = _services(request)
    address = request.client.host if request.client else "unknown"
    services.by_address.take(address)
    # Together: nobody elsewhere can use up what a device may ask.
    services.by_device.take(f"{address} {device_id}")
    return services


def _tell_errors(app: FastAPI) -> None:
    @app.exception_handler(HubError)
    def hub_error(_request: Request, error: HubError) -> Response:
        if isinstance(error, EnrolmentRefusedError):
            return _problem(error.status, error.code, str(error))
        if isinstance(error, StoreError) and not error.permanent:
            return _problem(503, "unavailable", "the hub's database is away; try again")
        raise error

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, _error: RequestValidationError) -> Response:
        # Not what was sent: a token may stand in it.
        text = "the request is not as it must be; agent and hub may be of different versions"
        return _problem(422, "validation", text)

    @app.exception_handler(HTTPException)
    def http(_request: Request, error: HTTPException) -> Response:
        return _problem(error.status_code, "request", "there is nothing here")


def _problem(status: int, code: str, text: str) -> Response:
    problem = Problem("Enrolment refused" if status < 500 else "Unavailable", status, code, text)
    answer = JSONResponse(asdict(problem), status, media_type="application/problem+json")
    if status in {429, 503}:
        answer.headers["Retry-After"] = "60" if status == 429 else "5"
    return answer
