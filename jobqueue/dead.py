"""The dead letters: what was given up, why, and the way back."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from jobqueue.errors import BadSetting
from jobqueue.job import Body
from jobqueue.keys import Tier
from jobqueue.scripts import Transitions

PAGE = 100


class Attempt(msgspec.Struct, frozen=True):
    """How one attempt ended."""

    attempt: int
    worker: str
    #: retried, failed, timed out, rejected, lease ran out …
    outcome: str
    error: str
    #: Server time, in milliseconds since the epoch.
    ended_ms: float


class DeadLetter(msgspec.Struct, frozen=True):
    """One dead letter. Its `letter` is its place among them: what `replay` and `discard` take."""

    letter: str
    #: None for an entry that was no job of ours.
    job_id: str | None
    tier: Tier
    reason: str
    error: str
    traceback: str
    worker: str
    died_at: datetime
    task: str | None
    payload: object
    #: The fields of its last entry as they were, byte for byte, [name, value, …].
    raw: list[bytes]
    replays: int = 0
    history: list[Attempt] = []


Letters = list[DeadLetter]  # in the class below, `list` is a method


class DeadLetters:
    """The dead letters of a queue, as `queue.dead`."""

    def __init__(self, transitions: Transitions):
        self.transitions = transitions
        self.redis, self.keys = transitions.client, transitions.keys

    async def list(self, limit: int = PAGE, after: str | None = None) -> "Letters":
        """The oldest `limit` letters; the next page is the one `after` the last letter of this one.

        Raises BadSetting if `after` is no letter's id.
        """
        if after is not None:
            _check(after)
        return await self._between(f"({after}" if after else "-", "+", limit)

    async def _between(self, start: str, end: str, limit: int) -> "Letters":
        rows: Any = await self.redis.xrange(self.keys.dead, start, end, limit)
        jobs = [self.keys.job(fields.get(b"id", b"").decode(errors="replace")) for _, fields in rows]
        asked = (self.redis.hmget(job, "replays", "history") for job in jobs)
        told = await asyncio.gather(*asked, return_exceptions=True)
        return [_letter(entry, fields, hints) for (entry, fields), hints in zip(rows, told, strict=True)]

    async def show(self, letter: str) -> DeadLetter | None:
        """One letter; None if it is no longer there. Raises BadSetting for what is no letter's id."""
        _check(letter)
        return next(iter(await self._between(letter, letter, 1)), None)

    async def replay(self, *letters: str) -> int:
        """Give these jobs another life, attempts counted anew; returns how many went back to waiting.

        One that is gone, or that was no job of ours, is left out. Each replay is one step; two at once replay once.
        """
        for letter in letters:
            _check(letter)
        return sum([await self.transitions.replay(letter) == 1 for letter in letters])

    async def replay_all(self) -> int:
        """Replay what is dead now; what dies meanwhile stays. Returns how many went back to waiting."""
        return await self._each(self.replay)

    async def discard(self, *letters: str) -> int:
        """Throw these away, and what is known of their jobs; returns how many."""
        for letter in letters:
            _check(letter)
        return sum([await self.transitions.discard(letter) for letter in letters])

    async def discard_all(self) -> int:
        """Throw away what is dead now; returns how many."""
        return await self._each(self.discard)

    async def _each(self, do: Callable[..., Awaitable[int]]) -> int:
        newest: Any = await self.redis.xrevrange(self.keys.dead, count=1)
        start, count = "-", 0
        while newest:
            page: Any = await self.redis.xrange(self.keys.dead, start, newest[0][0], PAGE)
            count += await do(*(entry.decode() for entry, _ in page))
            if len(page) < PAGE:
                break
            start = f"({page[-1][0].decode()}"
        return count


def _check(letter: str) -> None:
    parts = re.fullmatch(r"(\d{1,20})-(\d{1,20})", letter, re.ASCII)
    if not parts or max(map(int, parts.groups())) >= 2**64 - 1:
        raise BadSetting(f"{letter!r} is no dead letter's id; they look like 1700000000000-0")


def _letter(entry: bytes, fields: dict[bytes, bytes], hints: Any) -> DeadLetter:
    text = {name.decode(): value.decode(errors="replace") for name, value in fields.items() if name != b"ticket"}
    raw = _raw(fields.get(b"ticket", b"[]"))
    body = dict(zip(raw[::2], raw[1::2], strict=False)).get(b"body")
    try:
        known = msgspec.json.decode(body or b"", type=Body)
    except (ValueError, RecursionError):  # as decode_ticket: what was malformed for a worker is so here
        known = None
    replays, history = hints if isinstance(hints, list) else (None, None)
    return DeadLetter(
        letter=entry.decode(),
        job_id=text.pop("id", "") or None,
        died_at=datetime.fromtimestamp(int(entry.split(b"-")[0]) / 1000, UTC),
        task=known.task if known else None,
        payload=known.payload if known else None,
        raw=raw,
        replays=int(replays or 0),
        # Decoded by us: its error was cut after so many bytes, perhaps inside a character.
        history=[
            msgspec.json.decode(line.decode(errors="replace"), type=Attempt) for line in (history or b"").splitlines()
        ],
        tier=cast(Tier, text.get("tier", "")),
        **{name: text.get(name, "") for name in ("reason", "error", "traceback", "worker")},
    )


def _raw(packed: bytes) -> list[bytes]:
    """What a script packed with cjson: texts that need not be UTF-8, which JSON libraries refuse and cjson does not."""
    escaped = packed.decode("utf-8", "surrogateescape")
    found = json.loads(escaped)
    return [text.encode("utf-8", "surrogateescape") for text in found or []]
