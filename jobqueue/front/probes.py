"""What a supervisor asks of the front: does it live, is it ready for jobs, and its figures."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder
from starlette.responses import PlainTextResponse

from jobqueue.front.answers import send_json
from jobqueue.front.bodies import TheQueue
from jobqueue.front.schema import Probe, answers

#: Seconds that Redis has to answer /readyz.
READY = 2.0

#: The name and the lifetime in milliseconds of the key that /readyz writes.
READY_KEY, READY_MS = "ready", 60_000

#: What needs no token, because a supervisor has none.
OPEN_PATHS = frozenset({"/healthz", "/readyz"})

#: What Prometheus prefers to plain text.
OPEN_METRICS: Any = {200: {"content": {"application/openmetrics-text": {"schema": {"type": "string"}}}}}

router = APIRouter()


@router.get("/healthz", responses=answers(Probe))
async def health() -> Response:
    """The front lives. It doesn't ask Redis, because a front that's started again can't bring Redis back."""
    return send_json(Probe("lives"))


@router.get("/readyz", responses=answers(Probe))
async def ready(queue: TheQueue) -> Response:
    """Redis takes writes: it's no replica, has memory, and as many replicas and as safe a disk as it demands."""
    async with asyncio.timeout(READY):
        # Only a real write tells. HSET, because the rights of a producer include it.
        key = queue.keys.prefix + READY_KEY
        await queue.redis.hset(key, "written_at", str(time.time()))
        await queue.redis.pexpire(key, READY_MS)
    return send_json(Probe("takes jobs"))


@router.get("/metrics", response_class=PlainTextResponse, responses=OPEN_METRICS)
async def metrics(request: Request) -> Response:
    """The figures of the queue, for Prometheus."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(await request.app.state.metrics.read()), media_type=content_type)
