"""The workshop over HTTP: pages for everyone, messages from learners with the code, the desk for the instructor.

GET  /  or /join/CODE    a phone's page      GET  /projector, /how-it-went   the instructor's pages: data needs a key
GET  /static/NAME        their scripts       GET  /api/live?learner=ID       a phone's view, as server-sent events
POST /api/hello, /api/answer, /api/verdict   see messages.py
GET  /api/desk/live      the projector's view, as server-sent events     POST /api/desk/turn, /api/desk/beat
GET  /api/desk/results.json, /api/desk/results.csv

The desk answers this machine only, so that the key never crosses a network. front/guard.py refuses other sites' pages.
"""

import math
from collections.abc import Collection
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from jobqueue.front.answers import send_json
from jobqueue.front.bodies import decode_body
from jobqueue.front.guard import Guard
from jobqueue.lab.workshop.messages import Beat, CheckRun, Hello, LearnerId, Turn, VoteCast
from jobqueue.lab.workshop.results import sum_up, write_csv
from jobqueue.lab.workshop.state import Rejected
from jobqueue.lab.workshop.views import view_phone
from jobqueue.lab.workshop.workshop import Workshop

STATIC = Path(__file__).with_name("static")

#: Bytes of a message at most.
LARGEST = 2048

#: Only our own scripts and styles run, and the QR code is the one picture that comes as data.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
POLICY += "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def create_app(workshop: Workshop, hosts: Collection[str] = ()) -> Starlette:
    """Make the app of a workshop, for any ASGI server. It answers for numeric addresses and the names in `hosts`."""
    routes = [
        *(Route(path, _page("phone.html")) for path in ("/", "/join/{code}")),
        Route("/projector", _page("projector.html")),
        Route("/how-it-went", _page("how-it-went.html")),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/api/hello", hello, methods=["POST"]),
        Route("/api/answer", answer, methods=["POST"]),
        Route("/api/verdict", verdict, methods=["POST"]),
        Route("/api/live", live),
        Route("/api/desk/live", desk_live),
        Route("/api/desk/turn", desk_turn, methods=["POST"]),
        Route("/api/desk/beat", desk_beat, methods=["POST"]),
        Route("/api/desk/results.json", results_json),
        Route("/api/desk/results.csv", results_csv),
    ]
    middleware = [Middleware(_SafeHeaders), Middleware(cast(Any, Guard), hosts=hosts, advice="use its numeric address")]
    handlers: dict[Any, Any] = {Rejected: _rejected, HTTPException: _refused}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.state.workshop = workshop
    return app


async def hello(request: Request) -> Response:
    workshop, message, address = await _from_learner(request, Hello)
    await workshop.greet(message, address)
    return _done()


async def answer(request: Request) -> Response:
    workshop, message, address = await _from_learner(request, VoteCast)
    await workshop.take_answer(message, address)
    return _done()


async def verdict(request: Request) -> Response:
    workshop, message, address = await _from_learner(request, CheckRun)
    await workshop.take_verdict(message, address)
    return _done()


async def live(request: Request) -> Response:
    workshop, address = _let_in(request)
    try:
        learner = msgspec.convert(request.query_params.get("learner"), LearnerId)
    except msgspec.ValidationError as error:
        raise Rejected(422, f"learner: {error}") from None
    workshop.phones.admit(learner)
    await workshop.greet(Hello(learner, notebook=False), address)
    return _stream(workshop.phones.stream(learner, lambda: view_phone(workshop.state, learner)))


async def desk_live(request: Request) -> Response:
    workshop = _let_instructor_in(request)
    workshop.projectors.admit("")
    return _stream(workshop.projectors.stream("", workshop.view_projector))


async def desk_turn(request: Request) -> Response:
    await _let_instructor_in(request).turn(await decode_body(request, LARGEST, Turn))
    return _done()


async def desk_beat(request: Request) -> Response:
    await _let_instructor_in(request).begin(await decode_body(request, LARGEST, Beat))
    return _done()


async def results_json(request: Request) -> Response:
    workshop = _let_instructor_in(request)
    return send_json(sum_up(workshop.state, workshop.plan, workshop.earlier))


async def results_csv(request: Request) -> Response:
    workshop = _let_instructor_in(request)
    return Response(write_csv(workshop.state, workshop.plan), media_type="text/csv; charset=utf-8")


async def _from_learner(request: Request, kind: type) -> tuple[Workshop, Any, str]:
    workshop, address = _let_in(request)
    return workshop, await decode_body(request, LARGEST, kind), address


def _let_in(request: Request) -> tuple[Workshop, str]:
    workshop, address = request.app.state.workshop, request.client.host if request.client else ""
    workshop.slow_down(address)
    if not workshop.is_code(_bearer(request)):
        raise Rejected(401, "wrong code: the workshop's code is on the projector")
    return workshop, address


def _let_instructor_in(request: Request) -> Workshop:
    workshop: Workshop = request.app.state.workshop
    if not request.client or not ip_address(request.client.host).is_loopback:
        raise Rejected(403, "the instructor's pages work only on the machine that runs the workshop")
    if not workshop.is_key(_bearer(request)):
        raise Rejected(401, "wrong key: open the address that `jobqueue workshop` printed")
    return workshop


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _page(name: str) -> Any:
    async def page(request: Request) -> Response:
        return FileResponse(STATIC / name)

    return page


def _stream(events: Any) -> Response:
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _done() -> Response:
    return send_json({"detail": "it counts"})


async def _rejected(_: Request, error: Rejected) -> Response:
    wait = error.more.get("retry_after")
    headers = {"Retry-After": str(math.ceil(wait))} if isinstance(wait, float) else {}
    return send_json({"detail": error.detail, **error.more}, error.status, headers)


async def _refused(_: Request, error: HTTPException) -> Response:
    return send_json({"detail": error.detail}, error.status_code)


class _SafeHeaders:
    """Adds HEADERS to each answer."""

    def __init__(self, app: Any):
        self.app, self.headers = app, [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_safely(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = message | {"headers": [*message.get("headers", []), *self.headers]}
            await send(message)

        await self.app(scope, receive, send_safely)
