"""The HTTP front: 202 for a job that is accepted, 503 with Retry-After for one that is not. `jobqueue serve` runs it.

POST   /jobs                   {"task": …, "payload": …, any argument of Queue.enqueue but `wait`} → 202 {"id": …}
GET    /jobs/{id}              what became of it              DELETE  takes it back; 409 if it runs or has ended
GET    /dead?limit=&after=     the oldest letters             POST /dead/replay  {"letters": [ids], or "all"}
GET    /dead/{letter}          one of them                    POST /dead/{letter}/replay       DELETE  discards it
GET    /policy                 PUT {"policy": name or null}   GET /healthz       GET /metrics  (for Prometheus)

It remembers nothing: 202 is said after Redis said yes, so that its crash loses no job; a producer that heard no answer
asks again with the same job_id. A letter's `raw` is base64, since the fields of what was no job may be any bytes.

Whoever reaches it may do all of this. There is no password and no CORS: bind it to localhost, or put a proxy before it.
Bodies must be application/json, which no web page can send to another site without asking, and this one never says yes.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal, cast
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from redis.exceptions import RedisError
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import ClientDisconnect

from jobqueue.backpressure import UNKNOWN_WAIT
from jobqueue.dead import PAGE
from jobqueue.errors import BadJob, BadSetting, PayloadTooLarge, QueueFullError
from jobqueue.job import NewJob
from jobqueue.queue import Queue
from jobqueue.status import Snapshot

#: Seconds after which to try again when Redis did not answer, and that /healthz gives it to answer.
REDIS_AWAY, HEALTHY = 2.0, 2.0


class PostedJob(NewJob, frozen=True, forbid_unknown_fields=True):
    """A job as posted. A misspelt `max_atempts` is refused, not overlooked."""


class Letters(msgspec.Struct, forbid_unknown_fields=True):
    letters: list[str] | Literal["all"]


class Policy(msgspec.Struct, forbid_unknown_fields=True):
    policy: str | None


class AnyText(PathConvertor):
    """A job's id may hold slashes and line ends."""

    regex = "(?s:.*)"


register_url_convertor("any", AnyText())
router = APIRouter()


def _queue(request: Request) -> Queue:
    return request.app.state.queue


TheQueue = Annotated[Queue, Depends(_queue)]


def create_app(queue: Queue) -> FastAPI:
    """The front of `queue`, for any ASGI server. It opens the queue on startup and closes it on shutdown."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with queue:
            yield

    app = FastAPI(title="jobqueue", lifespan=lifespan)
    app.state.queue = queue
    app.include_router(router)
    for error, answer in ANSWERS.items():
        app.add_exception_handler(error, cast(Any, answer))  # each is given its own error only
    return app


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def _try_later(seconds: float, **body: Any) -> Response:
    # The header knows whole seconds only; rounded down, a client would be back too early.
    return _json(body | {"retry_after": seconds}, 503, {"Retry-After": str(math.ceil(seconds))})


async def _full(_: Request, error: QueueFullError) -> Response:
    seen = {"tier": error.tier, "depth": error.depth, "capacity": error.capacity}
    return _try_later(error.retry_after or UNKNOWN_WAIT, detail=str(error), **seen)


async def _redis_away(_: Request, error: Exception) -> Response:
    return _try_later(REDIS_AWAY, detail=f"Redis: {str(error) or 'no answer'}")


async def _refused(_: Request, error: Exception) -> Response:
    return _json({"detail": str(error)}, 413 if isinstance(error, PayloadTooLarge) else 422)


ANSWERS = {QueueFullError: _full, RedisError: _redis_away, TimeoutError: _redis_away}
ANSWERS |= {BadJob: _refused, BadSetting: _refused}


def _found(value: Any, what: str) -> Any:
    if value is None:
        raise HTTPException(404, f"no {what} is known")
    return value


async def _body(request: Request, queue: Queue, type: type) -> Any:
    """The body as a `type`. It is never in memory beyond the queue's `max_bytes`, whatever its Content-Length says."""
    limit, body = queue.max_bytes, bytearray()
    too_large = HTTPException(413, f"the body is larger than {limit:,} bytes: store it elsewhere, send a reference")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise too_large
    except ClientDisconnect:
        raise HTTPException(400, "the client went away") from None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(422, "the body must be sent with Content-Type: application/json")
    try:
        return msgspec.json.decode(body, type=type)
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, str(error)) from None


def _takes(type: type) -> dict[str, Any]:
    """What OpenAPI is told of a body that we read ourselves."""
    schema = msgspec.json.schema_components([type])[1][type.__name__]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@router.post("/jobs", status_code=202, openapi_extra=_takes(PostedJob))
async def enqueue(request: Request, queue: TheQueue) -> Response:
    job = await _body(request, queue, PostedJob)
    if job.job_id is None:
        job = msgspec.structs.replace(job, job_id=queue.new_id())
    try:
        [answer] = await queue.enqueue_many([job])
    except RedisError as error:
        # What is lost may be the reply alone, and the job accepted: with its id, the client can safely ask again.
        return _try_later(REDIS_AWAY, detail=f"Redis: {error}", job_id=job.job_id)
    if not isinstance(answer, str):
        raise answer
    return _json(
        {"id": answer}, 202, {"Location": f"{request.scope.get('root_path', '')}/jobs/{quote(answer, safe='')}"}
    )


@router.get("/jobs/{job_id:any}")
async def job(job_id: str, queue: TheQueue) -> Response:
    return _json(_found(await queue.job(job_id), f"job {job_id!r}"))


@router.delete("/jobs/{job_id:any}")
async def cancel(job_id: str, queue: TheQueue) -> Response:
    cancelled = await queue.cancel(job_id)
    status = _found(await queue.job(job_id), f"job {job_id!r}")
    # Cancelled before counts too: whoever lost the first answer asks again, and has what was asked for.
    return _json(status, 200 if cancelled or status.state == "cancelled" else 409)


@router.get("/dead")
async def dead(
    queue: TheQueue, limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE, after: str | None = None
) -> Response:
    letters = await queue.dead.list(limit, after)
    return _json({"letters": letters, "after": letters[-1].letter if len(letters) == limit else None})


@router.post("/dead/replay", openapi_extra=_takes(Letters))
async def replay_many(request: Request, queue: TheQueue) -> Response:
    letters = (await _body(request, queue, Letters)).letters
    return _json({"replayed": await (queue.dead.replay_all() if letters == "all" else queue.dead.replay(*letters))})


@router.get("/dead/{letter}")
async def show(letter: str, queue: TheQueue) -> Response:
    return _json(_found(await queue.dead.show(letter), f"dead letter {letter!r}"))


@router.post("/dead/{letter}/replay")
async def replay(letter: str, queue: TheQueue) -> Response:
    if await queue.dead.replay(letter):
        return _json({"replayed": 1})
    _found(await queue.dead.show(letter), f"dead letter {letter!r}")
    raise HTTPException(409, "it was no job of this queue: it can only be discarded")


@router.delete("/dead/{letter}", status_code=204)
async def discard(letter: str, queue: TheQueue) -> Response:
    _found(await queue.dead.discard(letter) or None, f"dead letter {letter!r}")
    return Response(status_code=204)


@router.get("/policy")
async def policy(queue: TheQueue) -> Response:
    return _json(Policy(await queue.policy()))


@router.put("/policy", openapi_extra=_takes(Policy))
async def set_policy(request: Request, queue: TheQueue) -> Response:
    await queue.set_policy((await _body(request, queue, Policy)).policy)
    return _json(Policy(await queue.policy()))


@router.get("/healthz")
async def health(queue: TheQueue) -> Response:
    async with asyncio.timeout(HEALTHY):
        await queue.redis.ping()
    return _json({"redis": "answers"})


@router.get("/metrics")
async def metrics(request: Request, queue: TheQueue) -> Response:
    registry = CollectorRegistry()
    registry.register(OneInstant(queue.keys.name, await queue.snapshot()))
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(registry), media_type=content_type)


class OneInstant:
    """A collector of one snapshot, so that the figures of one scrape agree with each other."""

    def __init__(self, queue: str, now: Snapshot):
        self.queue, self.now = queue, now

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("jobqueue_jobs", "Jobs in a place now", labels=["queue", "tier", "place"])
        oldest_is = "Seconds the oldest waiting job has waited; 0 if none waits"
        oldest = GaugeMetricFamily("jobqueue_oldest_wait_seconds", oldest_is, labels=["queue", "tier"])
        for tier, counts in self.now.tiers.items():
            for place in ("waiting", "pending", "delayed"):
                jobs.add_metric([self.queue, tier, place], getattr(counts, place))
            oldest.add_metric([self.queue, tier], counts.oldest or 0)
        letters = GaugeMetricFamily("jobqueue_dead_letters", "Dead letters now", labels=["queue"])
        letters.add_metric([self.queue], self.now.dead)
        yield from (jobs, oldest, letters)
        for name in ("accepted", "done", "retried", "reaped", "discarded", "cancelled", "foreign"):
            total = CounterMetricFamily(f"jobqueue_{name}", "See jobqueue.Snapshot", labels=["queue"])
            total.add_metric([self.queue], getattr(self.now, name))
            yield total
