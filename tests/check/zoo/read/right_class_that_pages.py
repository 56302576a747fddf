"""A small class with an async iterator of pages."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Pages:
    redis: Any
    stream: str
    position: str
    size: int = 25

    def __aiter__(self):
        return self

    async def __anext__(self):
        page = await self.redis.xrange(self.stream, f"({self.position}", count=self.size)
        if not page:
            raise StopAsyncIteration
        self.position = page[-1][0]
        return page


async def read_after(redis, stream, after):
    return [entry_id async for page in Pages(redis, stream, after) for entry_id, _ in page]
