"""Reads everything, and keeps what's newer, comparing ids as pairs of numbers."""

from typing import NamedTuple


class StreamId(NamedTuple):
    milliseconds: int
    sequence: int

    @classmethod
    def parse(cls, text: str) -> "StreamId":
        return cls(*map(int, text.split("-")))


async def read_after(redis, stream, after):
    last = StreamId.parse(after)
    everything = await redis.xrange(stream)
    return [entry_id for entry_id, _ in everything if StreamId.parse(entry_id) > last]
