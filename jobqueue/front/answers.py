"""The answers of the front, and the one that each error of the queue becomes."""

import math
from typing import Any

import msgspec
from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from redis.exceptions import RedisError

from jobqueue.admission import UNKNOWN_WAIT
from jobqueue.errors import BadJob, BadSetting, PayloadTooLarge, QueueFullError
from jobqueue.front.metrics import NO_MEMORY
from jobqueue.printable import printable
from jobqueue.server.refusals import is_for_good

#: Seconds after which to try again if Redis didn't answer.
REDIS_AWAY = 2.0


def send_json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer with `value` as its JSON body."""
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def try_later(seconds: float, **body: Any) -> Response:
    """A 503 that asks the client to come back in so many seconds."""
    # The header knows whole seconds only; rounded down, the client would be back too early.
    return send_json(body | {"retry_after": seconds}, 503, {"Retry-After": str(math.ceil(seconds))})


async def _full(request: Request, error: QueueFullError) -> Response:
    request.app.state.metrics.refused[error.tier or NO_MEMORY] += 1
    state = {name: getattr(error, name) or None for name in ("tier", "depth", "capacity")}
    return try_later(error.retry_after or UNKNOWN_WAIT, detail=str(error), **state)


async def _redis_failed(_: Request, error: Exception) -> Response:
    if is_for_good(error):  # WRONGTYPE, NOPERM, a wrong password: asking again changes nothing
        return send_json({"detail": f"Redis refused: {printable(error)}"}, 500)
    return try_later(REDIS_AWAY, detail=f"Redis: {printable(error) or 'no answer'}")


async def _refused(_: Request, error: Exception) -> Response:
    return send_json({"detail": str(error)}, 413 if isinstance(error, PayloadTooLarge) else 422)


async def _bad_query(_: Request, error: RequestValidationError) -> Response:
    faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
    return send_json({"detail": "; ".join(faults)}, 422)


ANSWERS: dict[Any, Any] = {QueueFullError: _full, RedisError: _redis_failed, TimeoutError: _redis_failed}
ANSWERS |= {BadJob: _refused, BadSetting: _refused, RequestValidationError: _bad_query}


def require(value: Any, name: str) -> Any:
    """Return `value`, or raise a 404 that says no `name` is known."""
    if value is None:
        raise HTTPException(404, f"no {name} is known")
    return value
