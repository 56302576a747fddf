"""A delivery as an async context manager, which settles only if its body returned."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(slots=True)
class Delivery:
    redis: Any
    stream: str
    group: str
    entry_id: str
    fields: dict[str, str]

    @classmethod
    async def receive(cls, redis: Any, stream: str, group: str, consumer: str) -> Self | None:
        reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1, block=1_000)
        if not reply:
            return None
        ((_, ((entry_id, fields),)),) = reply
        return cls(redis, stream, group, entry_id, fields)

    async def __aenter__(self) -> dict[str, str]:
        return self.fields

    async def __aexit__(self, kind, error, traceback) -> None:
        if error is None:
            await self.redis.xack(self.stream, self.group, self.entry_id)


async def process_one(redis, stream, group, consumer, handle):
    if delivery := await Delivery.receive(redis, stream, group, consumer):
        async with delivery as fields:
            await handle(fields)
