"""A job, and how it travels: as a ticket of plain fields, with the job's body as opaque JSON bytes.

A ticket is the content of one stream entry. The scripts read and rewrite its plain fields (`attempt`, `reaped`, …) and
never look into the body: Lua's JSON turns [] into {} and large integers into floats.
"""

import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from jobqueue.errors import BadJob, PayloadTooLarge
from jobqueue.keys import TIERS, Tier


class Body(msgspec.Struct, frozen=True):
    """The part of a job that never changes. The producer encodes it, once."""

    task: str
    payload: Any
    #: Seconds an attempt may take. After them the heartbeat stops, and the lease runs out.
    timeout: float
    #: When the producer enqueued it, in seconds since the epoch, by the producer's clock.
    enqueued_at: float


class Job(Body, frozen=True, kw_only=True):
    """One attempt at one job, as its handler gets it."""

    #: Names the job over all its attempts: the key that makes a handler's effect idempotent.
    id: str
    priority: Tier
    #: Counts from 1. An attempt ends by completing, failing, timing out, or losing its lease.
    attempt: int
    #: Attempts that may fail before the job is dead. Lost leases are counted apart: see `lost`.
    max_attempts: int
    #: The entry id of this attempt: its fencing token. Later attempts have greater ones.
    entry: str
    #: Whether the attempt before this one ended with its lease running out: it may have killed its worker.
    reaped: bool
    #: How many attempts before this one lost their lease. The job is dead after 1 + 4 × (max_attempts - 1) of them.
    lost: int = 0

    @property
    def failures(self) -> int:
        """How many attempts will have failed if this one does."""
        return self.attempt - self.lost

    @property
    def address(self) -> tuple[Tier, str]:
        """The attempt's own key: entries of two tiers that were added in the same millisecond share an id."""
        return self.priority, self.entry


class Malformed(Exception):
    """An entry that isn't one of our tickets; `args[0]` says why. It goes to the dead letters, never to the stream."""


_encode = msgspec.json.Encoder().encode
# F08: JSON of a known shape. To unpickle is to run a program that anyone with access to Redis could have written.
decode_body = msgspec.json.Decoder(Body).decode


def is_seconds(value: Any, least: float = 0.001) -> bool:
    """Is `value` a length of time, from `least` seconds up to thirty years?"""
    # As many milliseconds are a fine number for JSON, Redis and asyncio.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= 1e9


def _is_name(value: Any) -> bool:
    # A lone surrogate, as in a file name that isn't UTF-8, couldn't be sent to Redis.
    return isinstance(value, str) and 1 <= len(value) <= 200 and value.encode(errors="ignore").decode() == value


#: For each field of a NewJob but its payload: a test of its value, and a description of good ones.
RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "task": (lambda task: isinstance(task, str) and task != "", "the name of a handler"),
    "priority": (lambda tier: tier in TIERS, f"one of {', '.join(TIERS)}"),
    "job_id": (lambda job_id: job_id is None or _is_name(job_id), "a text of 1 to 200 characters"),
    "max_attempts": (lambda most: type(most) is int and 1 <= most <= 1000, "a whole number from 1 to 1000"),
    "timeout": (is_seconds, "a positive number of seconds"),
    "delay": (lambda delay: delay == 0 or is_seconds(delay), "a number of seconds"),
}


def new_job_id() -> str:
    """80 random bits: among a billion jobs two ids meet with odds of one in a million."""
    return os.urandom(10).hex()


class NewJob(msgspec.Struct, frozen=True):
    """A job to enqueue. Its fields are the arguments of `Queue.enqueue`."""

    task: str
    payload: Any = None
    priority: Tier = "normal"
    job_id: str | None = None
    max_attempts: int = 3
    timeout: float = 60.0
    delay: float = 0.0

    def ticket(self, max_bytes: int) -> dict[str, Any]:
        """The values that enqueue.lua takes of a job: tier, id, max_attempts, body, delay_ms.

        Raises BadJob for a field that breaks its rule, or a payload that JSON can't carry; PayloadTooLarge for one of
        more than `max_bytes`.
        """
        for field, (is_fine, rule) in RULES.items():
            if not is_fine(value := getattr(self, field)):
                raise BadJob(f"{field} must be {rule}, not {value!r}")
        try:
            body = _encode(Body(self.task, self.payload, self.timeout, time.time()))
            # JSON quietly turns NaN into null, a tuple into a list and the key 1 into "1": another payload than yours.
            changed = decode_body(body).payload != self.payload
        except (TypeError, ValueError, RecursionError) as error:
            raise BadJob(f"the payload of {self.task!r} is not plain JSON data: {error}") from None
        if changed:
            raise BadJob(f"JSON would change the payload of {self.task!r}: use lists, finite numbers, text keys")
        # F09: each retry and each dead letter copies the whole body.
        if len(body) > max_bytes:
            raise PayloadTooLarge(
                f"the payload of {self.task!r} makes a job of {len(body):,} bytes, the limit is {max_bytes:,}: "
                "store it elsewhere and enqueue a reference to it"
            )
        own = {"tier": self.priority, "id": self.job_id or new_job_id(), "max_attempts": self.max_attempts}
        return own | {"body": body, "delay_ms": round(self.delay * 1000)}


def encode_result(result: Any, max_bytes: int) -> bytes:
    """The result of a handler as JSON bytes. Raises TypeError or ValueError if it can't be stored."""
    encoded = _encode(result)
    if len(encoded) > max_bytes:
        raise ValueError(f"the result is {len(encoded):,} bytes, the limit is {max_bytes:,}: return a reference to it")
    return encoded


def decode_ticket(tier: Tier, entry: bytes, fields: dict[bytes, bytes] | None) -> Job:
    """The Job in an entry's fields. Raises Malformed."""
    # F04: a deleted entry stays in the pending list, and is delivered from there without its fields.
    if fields is None:
        raise Malformed("the entry was deleted while it was pending")
    # F07: check everything here, inside the worker's error boundary, and raise nothing but Malformed.
    try:
        body, job_id = decode_body(fields[b"body"]), fields[b"id"].decode()
        if not is_seconds(body.timeout) or not _is_name(job_id):
            raise ValueError(f"no job has the timeout {body.timeout!r} and the id {job_id[:250]!r}")
        counts = fields[b"attempt"], fields[b"max_attempts"], fields.get(b"lost", b"0"), fields.get(b"released", b"0")
        attempt, most, lost = _read_counts(*counts)
        about, token, reaped = msgspec.structs.astuple(body), entry.decode(), fields[b"reaped"] == b"1"
        return Job(
            *about, id=job_id, priority=tier, attempt=attempt, max_attempts=most, entry=token, reaped=reaped, lost=lost
        )
    except KeyError as missing:
        raise Malformed(f"the field {missing.args[0].decode()} is missing") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None


@lru_cache(1000)  # most tickets have the same
def _read_counts(*texts: bytes) -> tuple[int, int, int]:
    """attempt, max_attempts and lost as numbers. The fourth, released, is only checked: the scripts alone need it."""
    # A few plain digits, as in Lua's digits. A job of -1e9 attempts would never end.
    attempt, most, lost, released = (int(text) if len(text) <= 4 and text.isdigit() else -1 for text in texts)
    if min(attempt, most) < 1 or min(lost, released) < 0 or lost >= attempt:
        raise ValueError(f"these numbers of attempts can't be: {', '.join(str(text[:40]) for text in texts)}")
    return attempt, most, lost
