"""The bodies of requests: the types they have, and reading them without holding too much in memory."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import Depends, HTTPException, Request
from starlette.requests import ClientDisconnect

from jobqueue.front.schema import Policy
from jobqueue.job import NewJob
from jobqueue.queue import Queue


class PostedJob(NewJob, frozen=True, forbid_unknown_fields=True):
    """A job as the client posts it. A misspelt field such as `max_atempts` is refused."""


class Letters(msgspec.Struct, forbid_unknown_fields=True):
    letters: list[str] | Literal["all"]


class NewPolicy(Policy, forbid_unknown_fields=True):
    """`force` sets a name that no worker has registered yet."""

    force: bool = False


def _queue(request: Request) -> Queue:
    return request.app.state.queue


TheQueue = Annotated[Queue, Depends(_queue)]


async def read_body(request: Request, limit: int) -> bytes:
    """Read the body. At most `limit` bytes of it are in memory, whatever its Content-Length says."""
    body = bytearray()
    too_large = HTTPException(413, f"the body is larger than {limit:,} bytes: store it elsewhere, send a reference")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:  # cut, since int() refuses 5,000 digits
        raise too_large
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:  # F09: refuse a big payload before it's in memory, here or in Redis
                raise too_large
    except ClientDisconnect:
        raise HTTPException(400, "the client went away") from None
    return bytes(body)


async def decode_body(request: Request, limit: int, type: type) -> Any:
    """Decode the body as a `type`. Raises HTTPException: 422 if it isn't one, 413 if it has more than `limit` bytes."""
    try:
        return msgspec.json.decode(await read_body(request, limit), type=type)
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, str(error)) from None


def describe_body(type: type) -> dict[str, Any]:
    """Describe a body for OpenAPI. FastAPI can't, because we read bodies ourselves."""
    schema = msgspec.json.schema_components([type])[1][type.__name__]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
