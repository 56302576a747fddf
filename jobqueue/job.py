"""What a job is, and how it travels: a ticket of plain fields, with the job's body as opaque JSON bytes.

A ticket is what one stream entry holds. The scripts read and rewrite its plain fields (`attempt`, `reaped`, …) and
never look into the body: Lua's JSON turns [] into {} and large integers into floats.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from jobqueue.errors import BadJob, PayloadTooLarge
from jobqueue.keys import TIERS, Tier


class Body(msgspec.Struct, frozen=True):
    """The part of a job that never changes, encoded once, by the producer."""

    task: str
    payload: Any
    timeout: float
    enqueued_at: float


class Job(msgspec.Struct, frozen=True):
    """One attempt at one job, as its handler is given it."""

    #: Names the job over all its attempts: the key that makes a handler's effect idempotent.
    id: str
    task: str
    payload: Any
    priority: Tier
    #: Counts from 1. An attempt ends by completing, failing, timing out, or losing its lease.
    attempt: int
    max_attempts: int
    #: Seconds an attempt may take. After them the heartbeat stops, and the lease runs out.
    timeout: float
    #: When the producer enqueued it, in seconds since the epoch, by the producer's clock.
    enqueued_at: float
    #: The entry id of this attempt: its fencing token. Later attempts have greater ones.
    entry: str
    #: Whether the attempt before this one ended with its lease running out: it may have killed its worker.
    reaped: bool

    @property
    def address(self) -> tuple[Tier, str]:
        """What tells this attempt from all others: entries of two tiers, added in the same millisecond, share an id."""
        return self.priority, self.entry


class Malformed(Exception):
    """An entry that is no ticket of ours; `args[0]` says why. It goes to the dead letters, never back to the stream."""


#: About thirty years: any number of seconds up to here is a fine number of milliseconds for JSON, Redis and asyncio.
LONGEST_SECONDS = 1e9

_encode = msgspec.json.Encoder().encode
_decode_body = msgspec.json.Decoder(Body).decode


def encode_body(task: str, payload: Any, timeout: float, enqueued_at: float, max_bytes: int) -> bytes:
    """The body as JSON bytes. Raises BadJob for what JSON cannot carry, PayloadTooLarge beyond `max_bytes`."""
    if not task or not isinstance(task, str):
        raise BadJob(f"task must be the name of a handler, not {task!r}")
    if not is_seconds(timeout):
        raise BadJob(f"timeout must be a positive number of seconds, not {timeout!r}")
    try:
        body = _encode(Body(task, payload, timeout, enqueued_at))
        # JSON would quietly make NaN null, a tuple a list and the key 1 "1": the worker would be given something else.
        survives = _decode_body(body).payload == payload
    except (TypeError, ValueError, RecursionError) as error:
        raise BadJob(f"the payload of {task!r} is not plain JSON data: {error}") from None
    if not survives:
        raise BadJob(f"the payload of {task!r} changes on its way through JSON: use lists, finite numbers, text keys")
    if len(body) > max_bytes:
        raise PayloadTooLarge(
            f"the payload of {task!r} makes a job of {len(body):,} bytes, the limit is {max_bytes:,}: "
            "store it elsewhere and enqueue a reference to it"
        )
    return body


class NewJob(msgspec.Struct, frozen=True):
    """A job to be enqueued. Its fields are the arguments of `Queue.enqueue`."""

    task: str
    payload: Any = None
    priority: Tier = "normal"
    job_id: str | None = None
    max_attempts: int = 3
    timeout: float = 60.0
    delay: float = 0.0

    def ticket(self, new_id: Callable[[], str], now: float, max_bytes: int) -> tuple[Tier, str, int, bytes, int]:
        """(tier, id, max_attempts, body, delay in ms) as the enqueue script takes them. Raises BadJob."""
        if self.priority not in TIERS:
            raise BadJob(f"priority must be one of {', '.join(TIERS)}, not {self.priority!r}")
        attempts = self.max_attempts
        if isinstance(attempts, bool) or not isinstance(attempts, int) or not 1 <= attempts <= 1000:
            raise BadJob(f"max_attempts must be a whole number from 1 to 1000, not {attempts!r}")
        if self.job_id is not None and not _is_job_id(self.job_id):
            raise BadJob(f"job_id must be a text of 1 to 200 characters, not {self.job_id!r}")
        if self.delay != 0 and not is_seconds(self.delay):
            raise BadJob(f"delay must be a number of seconds, not {self.delay!r}")
        body = encode_body(self.task, self.payload, self.timeout, now, max_bytes)
        return self.priority, self.job_id or new_id(), attempts, body, round(self.delay * 1000)


def _is_job_id(job_id: Any) -> bool:
    # A lone surrogate, as in the name of a file that is not UTF-8, would fail where the id is sent.
    return isinstance(job_id, str) and 1 <= len(job_id) <= 200 and job_id.encode(errors="ignore").decode() == job_id


def encode_result(result: Any, max_bytes: int) -> bytes:
    """What a handler returned, as JSON bytes. Raises TypeError or ValueError if that cannot be kept."""
    encoded = _encode(result)
    if len(encoded) > max_bytes:
        raise ValueError(f"the result is {len(encoded):,} bytes, the limit is {max_bytes:,}: return a reference to it")
    return encoded


def decode_ticket(tier: Tier, entry: bytes, fields: dict[bytes, bytes] | None) -> Job:
    """The Job in an entry's fields, or Malformed. Everything is checked here, inside the worker's error boundary."""
    if fields is None:
        raise Malformed("the entry was deleted while it was pending")
    try:
        body = _decode_body(fields[b"body"])
        if not is_seconds(body.timeout):
            raise ValueError(f"timeout must be a positive number of seconds, not {body.timeout!r}")
        _count(fields.get(b"released", b"0"))
        return Job(
            id=_job_id(fields[b"id"]),
            task=body.task,
            payload=body.payload,
            priority=tier,
            attempt=_count(fields[b"attempt"], least=1),
            max_attempts=_count(fields[b"max_attempts"], least=1),
            timeout=body.timeout,
            enqueued_at=body.enqueued_at,
            entry=entry.decode(),
            reaped=fields[b"reaped"] == b"1",
        )
    except KeyError as missing:
        raise Malformed(f"the field {missing.args[0].decode()} is missing") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None


def _job_id(text: bytes) -> str:
    if not _is_job_id(text.decode()):
        raise ValueError("the id must be a text of 1 to 200 characters")
    return text.decode()


def _count(text: bytes, least: int = 0) -> int:
    """A number of attempts: few plain digits, as in Lua's to_count, or a job of -1e9 attempts would never stop."""
    number = int(text)
    if number < least or len(text) > 4 or not text.isdigit():
        raise ValueError(f"no number of attempts is written {text[:40]!r}")
    return number


def is_seconds(value: Any, least: float = 0.001) -> bool:
    """Is `value` a length of time, from `least` seconds up to a few decades?"""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= LONGEST_SECONDS
