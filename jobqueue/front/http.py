"""The HTTP front: 202 for an accepted job, 503 with Retry-After for a refused one. `jobqueue serve` runs it.

POST   /jobs                   {"task": …, "payload": …, any argument of Queue.enqueue but `wait`} → 202 {"id": …}
GET    /jobs/{id}              its state and result           DELETE  cancels it; 409 if it runs or has ended
GET    /dead?limit=&after=     the oldest letters             POST /dead/replay  {"letters": [ids], or "all"}
GET    /dead/{letter}          one of them                    POST /dead/{letter}/replay       DELETE  discards it
GET    /policy                 PUT {"policy": name or null}
GET    /healthz   it lives     GET /readyz   Redis takes writes     GET /metrics   for Prometheus     GET /docs

The front stores nothing itself. It answers 202 only after Redis has accepted the job, so a crash of the front loses no
job. A producer that got no answer asks again with the same job_id. A letter's `raw` is base64, because the fields of an
entry that wasn't a job may hold any bytes.

The front answers HEAD wherever it answers GET. Without a token, any client that reaches it may do all of this. So give
it one, or bind it to localhost. With a token it still needs a proxy for TLS. guard.py refuses web pages and clients
without the token, deadline.py slow ones. schema.py describes the answers.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from redis.exceptions import RedisError
from starlette.convertors import PathConvertor, register_url_convertor

from jobqueue.dead import PAGE, DeadLetter
from jobqueue.front import probes
from jobqueue.front.answers import ANSWERS, REDIS_AWAY, require, send_json, try_later
from jobqueue.front.bodies import Letters, NewPolicy, PostedJob, TheQueue, decode_body, describe_body, read_body
from jobqueue.front.guard import Guard
from jobqueue.front.metrics import QueueMetrics
from jobqueue.front.schema import ERROR_ANSWER, Accepted, DescribedApp, Page, Policy, Replayed, answers
from jobqueue.job import new_job_id
from jobqueue.printable import printable
from jobqueue.queue import Queue
from jobqueue.server.refusals import is_for_good
from jobqueue.status import JobStatus


class AnyText(PathConvertor):
    """A part of a path that may hold slashes and line ends, as a job's ID may."""

    regex = "(?s:.*)"


register_url_convertor("any", AnyText())
router = APIRouter()


def create_app(queue: Queue, hosts: Collection[str] = (), token: str | None = None) -> FastAPI:
    """Make the front of `queue`, for any ASGI server. It opens the queue on startup and closes it on shutdown.

    It answers for localhost, for numeric addresses, and for the names in `hosts`. If there's a `token`, clients must
    send it: `Authorization: Bearer TOKEN`.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with queue:
            yield

    app = DescribedApp(title="jobqueue", lifespan=lifespan)
    app.state.queue, app.state.metrics = queue, QueueMetrics(queue)
    app.include_router(probes.router, responses={"default": ERROR_ANSWER})
    app.include_router(router, responses={"default": ERROR_ANSWER})
    app.add_middleware(Guard, hosts=hosts, token=token, open_paths=probes.OPEN_PATHS)
    for error, answer in ANSWERS.items():
        app.add_exception_handler(error, cast(Any, answer))  # each is given its own error only
    return app


@router.post("/jobs", status_code=202, responses=answers(Accepted, 202), openapi_extra=describe_body(PostedJob))
async def enqueue(request: Request, queue: TheQueue) -> Response:
    job = await decode_body(request, queue.max_bytes, PostedJob)
    if job.job_id is None:
        job = msgspec.structs.replace(job, job_id=new_job_id())
    try:
        [answer] = await queue.enqueue_many([job])
    except RedisError as error:
        if is_for_good(error):
            raise
        # F39: maybe only the reply is lost, and the job is accepted. With its id, the client can safely ask again.
        return try_later(REDIS_AWAY, detail=f"Redis: {printable(error)}", job_id=job.job_id)
    if not isinstance(answer, str):
        raise answer
    where = f"{request.scope.get('root_path', '')}/jobs/{quote(answer, safe='')}"
    return send_json(Accepted(answer), 202, {"Location": where})


@router.get("/jobs/{job_id:any}", responses=answers(JobStatus))
async def job(job_id: str, queue: TheQueue) -> Response:
    return send_json(require(await queue.job(job_id), f"job {job_id!r}"))


@router.delete("/jobs/{job_id:any}", responses=answers(JobStatus, conflict=JobStatus))
async def cancel(job_id: str, queue: TheQueue) -> Response:
    cancelled = await queue.cancel(job_id)
    status = require(await queue.job(job_id), f"job {job_id!r}")
    # A job that was cancelled before counts, too: a client that lost the first answer asks again.
    return send_json(status, 200 if cancelled or status.state == "cancelled" else 409)


@router.get("/dead", responses=answers(Page))
async def dead(
    queue: TheQueue, limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE, after: str | None = None
) -> Response:
    letters = await queue.dead.list(limit, after)
    return send_json(Page(letters, letters[-1].letter if len(letters) == limit else None))


@router.post("/dead/replay", responses=answers(Replayed), openapi_extra=describe_body(Letters))
async def replay_many(request: Request, queue: TheQueue) -> Response:
    letters = (await decode_body(request, queue.max_bytes, Letters)).letters
    return send_json(Replayed(await (queue.dead.replay_all() if letters == "all" else queue.dead.replay(*letters))))


@router.get("/dead/{letter}", responses=answers(DeadLetter))
async def show(letter: str, queue: TheQueue) -> Response:
    return send_json(require(await queue.dead.show(letter), f"dead letter {letter!r}"))


@router.post("/dead/{letter}/replay", responses=answers(Replayed))
async def replay(letter: str, request: Request, queue: TheQueue) -> Response:
    await read_body(request, queue.max_bytes)  # no body is needed, but refuse one that's too large
    if await queue.dead.replay(letter):
        return send_json(Replayed(1))
    require(await queue.dead.show(letter), f"dead letter {letter!r}")
    raise HTTPException(409, "it was no job of this queue: it can only be discarded")


@router.delete("/dead/{letter}", status_code=204)
async def discard(letter: str, queue: TheQueue) -> Response:
    require(await queue.dead.discard(letter) or None, f"dead letter {letter!r}")
    return Response(status_code=204)


@router.get("/policy", responses=answers(Policy))
async def policy(queue: TheQueue) -> Response:
    return send_json(Policy(await queue.policy()))


@router.put("/policy", responses=answers(Policy), openapi_extra=describe_body(NewPolicy))
async def set_policy(request: Request, queue: TheQueue) -> Response:
    asked = await decode_body(request, queue.max_bytes, NewPolicy)
    await queue.set_policy(asked.policy, known=not asked.force)
    return send_json(Policy(await queue.policy()))
