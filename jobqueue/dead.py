"""The dead letters: which jobs were given up, why, and the way back."""

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from jobqueue.errors import BadSetting
from jobqueue.job import decode_body
from jobqueue.keys import Tier
from jobqueue.printable import log
from jobqueue.scripts import Transitions
from jobqueue.status import pair, to_number

#: F66: letters per call, be it a page of a list or the batch of a script. Redis serves no other client meanwhile.
PAGE = 100

#: Milliseconds at which the last year that Python knows ends. An entry's id may be later, if it was set by hand.
LAST_MS = 253402300799000

#: The last id that an entry can have.
LAST_ID = f"{2**64 - 1}-{2**64 - 1}"


class Attempt(msgspec.Struct, frozen=True):
    """How one attempt ended."""

    attempt: int
    worker: str
    #: retried, failed, timed out, rejected, lease ran out …
    outcome: str
    error: str
    #: Server time, in milliseconds since the epoch.
    ended_ms: Annotated[float, msgspec.Meta(ge=0, lt=LAST_MS)]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter. Its `letter` is its id, which `replay` and `discard` take."""

    letter: str
    #: None for an entry that wasn't a job of ours.
    job_id: str | None
    tier: Tier
    reason: str
    error: str
    traceback: str
    worker: str
    died_at: datetime
    #: None, as the payload is, if its ticket can't be read.
    task: str | None = None
    payload: object = None
    #: The fields of its last entry as they were, byte for byte, [name, value, …]; a broken ticket as a whole.
    raw: list[bytes]
    replays: int = 0
    history: list[Attempt] = []


Letters = list[DeadLetter]  # in the class below, `list` is a method


class DeadLetters:
    """The dead letters of a queue, as `queue.dead`."""

    def __init__(self, transitions: Transitions):
        self.transitions, self.keys = transitions, transitions.keys
        self.redis: Any = transitions.client  # redis-py is vague about what XRANGE replies

    async def list(self, limit: int = PAGE, after: str | None = None) -> Letters:
        """The oldest `limit` letters; the next page is the one `after` the last letter of this one.

        Raises BadSetting if `after` can't be a letter's id.
        """
        _check("0-0" if after is None else after)
        if after == LAST_ID:  # Redis takes no id beyond it
            return []
        return await self._read(await self.redis.xrange(self.keys.dead, f"({after}" if after else "-", "+", limit))

    async def show(self, letter: str) -> DeadLetter | None:
        """One letter; None if it's gone. Raises BadSetting if `letter` can't be an id."""
        _check(letter)
        return next(iter(await self._read(await self.redis.xrange(self.keys.dead, letter, letter))), None)

    async def replay(self, *letters: str) -> int:
        """Give these jobs another life, with all their attempts; returns how many went back to waiting.

        A letter that's gone, or wasn't a job of ours, is left out. Two callers that replay one letter replay it once.
        """
        return await self._end("replay", letters)

    async def replay_all(self) -> int:
        """Replay the jobs that are dead now. Those that die meanwhile stay. Returns how many went back to waiting."""
        return await self._end_all("replay")

    async def discard(self, *letters: str) -> int:
        """Throw these away, together with their jobs' hashes; returns how many."""
        return await self._end("discard", letters)

    async def discard_all(self) -> int:
        """Throw away the letters that are there now; returns how many."""
        return await self._end_all("discard")

    async def _read(self, rows: Any) -> Letters:
        jobs = [self.keys.job(fields.get(b"id", b"").decode(errors="replace")) for _, fields in rows]
        asking = (self.redis.hmget(job, "replays", "history") for job in jobs)
        hashes = await asyncio.gather(*asking, return_exceptions=True)
        return [_letter(entry, fields, own) for (entry, fields), own in zip(rows, hashes, strict=True)]

    async def _end(self, script: str, letters: tuple[str, ...]) -> int:
        """Run the script for these letters, a hundred per call; returns how many have ended."""
        for letter in letters:
            _check(letter)
        ranges = [{"first": letter, "last": letter} for letter in letters]
        pages = [ranges[start : start + PAGE] for start in range(0, len(letters), PAGE)]
        return sum([_count(await self.transitions.run(script, page, limit=PAGE)) for page in pages])

    async def _end_all(self, script: str) -> int:
        """Run the script for the letters that are there now, a hundred per call; returns how many have ended."""
        count, first = 0, b"-"
        for newest, _ in await self.redis.xrevrange(self.keys.dead, count=1):
            while replies := await self.transitions.run(script, [{"first": first, "last": newest}], limit=PAGE):
                count, first = count + _count(replies), b"(" + replies[-2]
        return count


def _count(replies: list[Any]) -> int:
    """How many letters a script has ended; it replies with letter, reply, letter, reply …"""
    for letter, reply in zip(replies[::2], replies[1::2], strict=True):
        if isinstance(reply, Exception):
            log.error("the dead letter %s stays: %s", letter.decode(), reply)
    return replies[1::2].count(1)


def _check(letter: str) -> None:
    parts = re.fullmatch(r"(\d{1,20})-(\d{1,20})", letter, re.ASCII)
    if not parts or max(map(int, parts.groups())) >= 2**64:
        raise BadSetting(f"{letter!r} is no dead letter's id; they look like 1700000000000-0")


def _letter(entry: bytes, fields: dict[bytes, bytes], own: Any) -> DeadLetter:
    """The letter, whatever is in it. If it can't be read, it must not hide the others. `own`: of its job's hash."""
    text = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in fields.items()}
    known: dict[str, Any] = {name: text.get(name, "") for name in ("tier", "reason", "error", "traceback", "worker")}
    raw = _raw(fields.get(b"ticket", b"[]"))
    with contextlib.suppress(ValueError, RecursionError):  # as in decode_ticket
        body = decode_body(pair(raw).get(b"body", b""))
        known |= {"task": body.task, "payload": body.payload}
    if isinstance(own, list):  # or else it's the error that stopped us
        known |= {"replays": to_number(own[0]) or 0, "history": list(_attempts(own[1] or b""))}
    died_at = datetime.fromtimestamp(min(int(entry.split(b"-")[0]), LAST_MS) / 1000, UTC)
    return DeadLetter(letter=entry.decode(), job_id=text.get("id") or None, died_at=died_at, raw=raw, **known)


def _attempts(history: bytes) -> Iterator[Attempt]:
    """The lines of a history that a script has written."""
    for line in history.split(b"\n"):
        with contextlib.suppress(ValueError, RecursionError):
            # Decoded by us, because the script cut its error by bytes, perhaps inside a character.
            yield msgspec.json.decode(line.decode(errors="replace"), type=Attempt)


def _raw(packed: bytes) -> list[bytes]:
    """The texts that a script packed with cjson. They needn't be UTF-8, and JSON libraries refuse those."""
    try:
        texts = json.loads(packed.decode("utf-8", "surrogateescape")) or []
        return [text.encode("utf-8", "surrogateescape") for text in texts]
    except (ValueError, TypeError, AttributeError, RecursionError):  # not packed by a script, so leave it as it is
        return [packed]
