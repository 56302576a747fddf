"""Rows as objects, an async generator of pages, and a walrus."""

from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    entry_id: str
    consumer: str
    idle_ms: int
    deliveries: int

    def is_stale(self, least_ms: int) -> bool:
        return self.idle_ms >= least_ms


async def rows_of(redis, stream: str, group: str, size: int = 40) -> AsyncIterator[Row]:
    start = "-"
    while page := await redis.xpending_range(stream, group, min=start, max="+", count=size):
        for row in page:
            yield Row(row["message_id"], row["consumer"], row["time_since_delivered"], row["times_delivered"])
        if len(page) < size:
            return
        start = f"({page[-1]['message_id']}"


async def find_orphans(redis, stream, group, idle_ms):
    return [row.entry_id async for row in rows_of(redis, stream, group) if row.is_stale(idle_ms)]
