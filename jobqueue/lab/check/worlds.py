"""Parts of the pieces' small worlds: jobs, a queue in any state, and programs that call the learner's function."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jobqueue.explorer import Content, Group, Pending
from jobqueue.explorer.engine.outside import Outside as Outside
from jobqueue.explorer.scenario import Body as Body
from jobqueue.lab.check.apart import apart, noting
from jobqueue.lab.check.piece import Piece

#: A redis.asyncio.Redis that decodes replies. redis-py's own types allow bytes, and both protocols, in each of them.
Client = Any

Fields = dict[str, str]

#: A healthy reaper's step: it asks again whether the lease has passed, adds, and removes, all in one script.
REAP = """
local row = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', 30000, ARGV[2], ARGV[2], 1)[1]
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not row or not entry then return 0 end
local fields = entry[2]
for at = 1, #fields, 2 do
    if fields[at] == 'attempt' then fields[at + 1] = fields[at + 1] + 1 end
end
redis.call('XADD', KEYS[1], '*', unpack(fields))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


def job(number: object, attempt: object = 1) -> Fields:
    """The fields of a job's entry."""
    return {"id": f"{number}", "task": "resize", "payload": '{"width": 640}', "attempt": f"{attempt}"}


@dataclass(frozen=True)
class SmallQueue:
    """A stream and its group: how a setup fills them, and how a rule reads them in a snapshot of Redis."""

    stream: str
    group: str

    async def create(self, redis: Client) -> None:
        await redis.xgroup_create(self.stream, self.group, "0", mkstream=True)

    async def add(self, redis: Client, *jobs: Mapping[str, object], ids: Iterable[str] = ()) -> list[str]:
        """Add an entry per job, and return their ids, which Redis makes unless you give them."""
        pipeline, given = redis.pipeline(), iter(ids)
        for fields in jobs:
            pipeline.xadd(self.stream, fields, id=next(given, "*"))
        entry_ids: list[str] = await pipeline.execute()
        return entry_ids

    async def deliver(self, redis: Client, consumer: str, count: int = 1) -> list[tuple[str, Fields]]:
        """Read up to `count` new entries for `consumer`."""
        reply = await redis.xreadgroup(self.group, consumer, {self.stream: ">"}, count=count)
        return reply[0][1] if reply else []

    async def settle(self, redis: Client, *entry_ids: str) -> None:
        await redis.pipeline().xack(self.stream, self.group, *entry_ids).xdel(self.stream, *entry_ids).execute()

    async def renew(self, redis: Client, consumer: str, entry_ids: list[str]) -> None:
        """Send the consumer's heartbeat."""
        await redis.xclaim(self.stream, self.group, consumer, 0, entry_ids, justid=True)

    async def reap(self, redis: Client, world: Outside) -> None:
        """Be a healthy reaper, once."""
        for row in await redis.xpending_range(self.stream, self.group, "-", "+", 10, idle=30_000):
            await redis.eval(REAP, 1, self.stream, self.group, row["message_id"])

    async def run_all(self, redis: Client, world: Outside) -> None:
        """Be a healthy worker until nothing waits."""
        while delivered := await self.deliver(redis, "healthy", 100):
            for entry_id, fields in delivered:
                world.record("ran", fields.get("id"))
                await self.settle(redis, entry_id)

    def entries(self, content: Content) -> dict[str, Fields]:
        """All entries of the stream; none if it's gone."""
        return content.streams[self.stream].entries if self.stream in content.streams else {}

    def ids(self, content: Content) -> dict[str, str]:
        """The entry id of each job."""
        return {fields.get("id", ""): entry_id for entry_id, fields in self.entries(content).items()}

    def rows(self, content: Content) -> dict[str, Pending]:
        """The pending list, by entry id; empty if the group is gone."""
        group = self.state(content)
        return {row.id: row for row in group.pending} if group else {}

    def waiting(self, content: Content) -> dict[str, Fields]:
        """The entries that the group hasn't delivered yet."""
        return content.streams[self.stream].waiting(self.group) if self.stream in content.streams else {}

    def state(self, content: Content) -> Group | None:
        """The group; None if it's gone."""
        return content.streams[self.stream].groups.get(self.group) if self.stream in content.streams else None


def calling(piece: Piece, *args: object) -> Body:
    """Make a program that calls the learner's function once."""

    async def program(redis: Client, world: Outside) -> None:
        await apart(piece)(redis, *args)

    return program


def answering(piece: Piece, *args: object, kinds: tuple[type, ...] = (list, tuple)) -> Body:
    """Make a program that calls the function and notes its answer as texts; None if it's none of these kinds."""

    async def program(redis: Client, world: Outside) -> None:
        record = noting(world)
        answer = await apart(piece)(redis, *args)
        answers: Any = answer if isinstance(answer, kinds) else ()
        texts = tuple(str.__str__(one) if isinstance(one, str) else repr(one)[:80] for one in answers)
        record("answered", texts if isinstance(answer, kinds) else None)

    return program


def delivered(queue: SmallQueue, *jobs: Fields, idle: int = 0) -> Body:
    """Make a setup: these jobs are pending with ann, who has been silent for `idle` seconds."""

    async def setup(redis: Client, world: Outside) -> None:
        await queue.create(redis)
        await queue.add(redis, *jobs)
        await queue.deliver(redis, "ann", len(jobs))
        if idle:
            await asyncio.sleep(idle)

    return setup
