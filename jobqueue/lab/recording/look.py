"""One look at a queue: a read-only script reads everything that a frame shows, in one round trip."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeAlias

import msgspec
from redis.asyncio import Redis

from jobqueue.keys import TIERS, Keys, Tier
from jobqueue.lab.recording.frame import BuriedJob, DelayedJob, OwnKey, PelRow, WaitingJob, WorldFrame
from jobqueue.lab.recording.label import label_fields, label_ticket
from jobqueue.queue import Queue
from jobqueue.scripts import CONSTANTS, PIECES
from jobqueue.server.loader import Script

SCRIPT = Script("look", files(__package__).joinpath("look.lua").read_text(encoding="utf-8"), PIECES, CONSTANTS)

#: If more has happened since the last look, the next look gets the rest.
EVENTS_A_LOOK = 2000


class Recorded(msgspec.Struct, frozen=True, array_like=True):
    """An event as Redis keeps it."""

    id: str
    event: str
    job: str
    entry: str
    worker: str
    #: The job's tier, and the entry that it has now.
    tier: str
    entry_now: str


class Look(msgspec.Struct, frozen=True):
    """The result of one look."""

    #: Server time in milliseconds since the epoch.
    now_ms: int
    #: A frame with those of its fields that come from Redis.
    frame: WorldFrame
    #: How many events were ever recorded in their stream; -1 if nobody records.
    recorded: int
    #: The events after the last look.
    happened: list[Recorded]
    #: Names of all consumers, if they were asked for.
    consumers: set[str]


#: What a label is made of: a ticket's body, or the raw fields of another entry.
Content: TypeAlias = str | tuple[str, ...]


class _Line(msgspec.Struct, frozen=True, array_like=True):
    """A tier in the script's reply; its times are in milliseconds."""

    waiting: int
    pending: int
    delayed: int
    cursor: str
    #: Consumer, and how many it has pending.
    held: list[tuple[str, str]]
    #: Entry, worker, idle time, job, attempt, content.
    rows: list[tuple[str, str, int, str, int, Content]]
    #: Entry, job, attempt, content.
    heads: list[tuple[str, str, int, Content]]
    #: Job, attempt, content, due in.
    coming: list[tuple[str, int, Content, int]]
    kept: int


class _Reply(msgspec.Struct, frozen=True, array_like=True):
    """The script's reply, as the header of look.lua describes it."""

    now_ms: int
    dead: int
    totals: list[str]
    #: The lease in milliseconds; the policy, which is no text if there's none.
    settings: tuple[int, Any]
    #: Letter, job, tier, reason, content.
    letters: list[tuple[str, str, str, str, Content]]
    recorded: int
    happened: list[Recorded]
    lines: list[_Line]
    consumers: set[str]
    #: Type, how many values, the last of them by their names.
    own: list[tuple[str, int, list[tuple[str, str]]]]


class Looker:
    """Looks at `queue` on a connection of its own, so that no look waits behind a load's own commands."""

    def __init__(self, queue: Queue):
        self.redis = _reading_text(queue.connect(queue.url))
        self._script = self.redis.register_script(SCRIPT.text)
        self._keys = _keys(queue.keys)
        self._job_prefix = queue.keys.job_prefix
        #: Keys of a learner's own that frames show, too.
        self.own: tuple[str, ...] = ()

    async def look(self, after: str, *, consumers: bool) -> Look:
        """Read what's there now, and the events after the one with the id `after`. Raises redis-py's errors."""
        own = self.own  # it may change while we wait
        args: list[str | int] = [self._job_prefix, after, EVENTS_A_LOOK, int(consumers), len(own)]
        reply = msgspec.convert(await self._script(keys=[*self._keys, *own], args=args), _Reply)
        return Look(reply.now_ms, _frame(reply, own), reply.recorded, reply.happened, reply.consumers)

    async def close(self) -> None:
        await self.redis.aclose()


def _keys(keys: Keys) -> list[str]:
    names = [keys.dead, keys.totals, keys.settings, keys.events]
    for tier in TIERS:
        names += [keys.stream(tier), keys.delayed(tier)]
    return names


def _reading_text(client: Redis) -> Redis:
    """Make the client read text instead of bytes. hiredis does that for free, and it never fails on a byte."""
    client.connection_pool.connection_kwargs |= {"decode_responses": True, "encoding_errors": "replace"}
    return client


def _frame(reply: _Reply, own: tuple[str, ...]) -> WorldFrame:
    totals = _totals(reply.totals)
    lease_ms, policy = reply.settings
    lines = dict(zip(TIERS, reply.lines, strict=True))
    return WorldFrame(
        waiting={tier: line.waiting for tier, line in lines.items()},
        pending={tier: line.pending for tier, line in lines.items()},
        delayed={tier: line.delayed for tier, line in lines.items()},
        dead=reply.dead,
        kept={tier: line.kept for tier, line in lines.items() if line.kept},
        own={key: _own(*values) for key, values in zip(own, reply.own, strict=True)},
        done=totals.get("done", 0),
        accepted=totals.get("accepted", 0),
        foreign=totals.get("foreign", 0),
        cancelled=totals.get("cancelled", 0),
        discarded=totals.get("discarded", 0),
        reaped=totals.get("reaped", 0),
        retried=totals.get("retried", 0),
        lease=lease_ms / 1000,
        oldest={tier: _age(line.heads, reply.now_ms) for tier, line in lines.items()},
        pel=_pel(reply.lines),
        heads={tier: [_waiting(*head) for head in line.heads] for tier, line in lines.items()},
        cursor={tier: line.cursor for tier, line in lines.items()},
        delayed_jobs={
            tier: [
                DelayedJob(job, attempt, round(due / 1000, 2), label(content))
                for job, attempt, content, due in line.coming
            ]
            for tier, line in lines.items()
        },
        letters=[_buried(*letter) for letter in reply.letters],
        policy=policy if isinstance(policy, str) else "",
        ledger=_ledger(lines),
    )


def _totals(flat: list[str]) -> dict[str, int]:
    """The counts since the beginning. Learners may write anything into this hash, so what's no count is left out."""
    totals = zip(flat[::2], flat[1::2], strict=True)
    return {name: int(text) for name, text in totals if text.isascii() and text.isdigit() and len(text) < 16}


def _pel(lines: list[_Line]) -> dict[str, int]:
    pel: dict[str, int] = {}
    for line in lines:
        for worker, count in line.held:
            pel[worker] = pel.get(worker, 0) + int(count)
    return pel


def _ledger(lines: Mapping[Tier, _Line]) -> list[PelRow]:
    """The pending lists of all tiers as one, longest idle first."""
    rows = [
        PelRow(entry, tier, worker, idle_ms / 1000, job, attempt, label=label(content))
        for tier, line in lines.items()
        for entry, worker, idle_ms, job, attempt, content in line.rows
    ]
    return sorted(rows, key=lambda row: -row.idle)


def label(content: Content) -> str:
    """The label of a job with this content."""
    return label_ticket(content) if isinstance(content, str) else label_fields(content)


def _waiting(entry: str, job: str, attempt: int, content: Content) -> WaitingJob:
    return WaitingJob(entry, job, attempt, label(content))


def _buried(letter: str, job: str, tier: str, reason: str, content: Content) -> BuriedJob:
    return BuriedJob(letter, job, tier, reason, label(content))


def _own(kind: str, count: int, values: list[tuple[str, str]]) -> OwnKey:
    return OwnKey(kind, count, [f"{name}: {value}" if name else value for name, value in values])


def _age(heads: list[tuple[str, str, int, Content]], now_ms: int) -> float:
    """For how many seconds the first of them has waited: its entry's id says since when. -1 if none waits."""
    return max(0.0, round((now_ms - int(heads[0][0].split("-")[0])) / 1000, 2)) if heads else -1.0
