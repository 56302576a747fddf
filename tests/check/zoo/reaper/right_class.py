"""A class that pages and moves, with a script that looks again."""

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass
class Reaper:
    redis: Any
    stream: str
    group: str
    lease_ms: int
    page: int = 50
    moved: list[str] = field(default_factory=list)

    SCRIPT: ClassVar[str] = """
    if #redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], ARGV[2], ARGV[2], 1) == 0 then return false end
    local entries = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
    local new = false
    if #entries == 1 then
      local args = {}
      for i = 1, #entries[1][2], 2 do
        local name, value = entries[1][2][i], entries[1][2][i + 1]
        table.insert(args, name)
        table.insert(args, name == 'attempt' and string.format('%d', tonumber(value) + 1) or value)
      end
      new = redis.call('XADD', KEYS[1], '*', unpack(args))
    end
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
    redis.call('XDEL', KEYS[1], ARGV[2])
    return new
    """

    async def stale(self):
        start = "-"
        while rows := await self.redis.xpending_range(
            self.stream, self.group, min=start, max="+", count=self.page, idle=self.lease_ms
        ):
            for row in rows:
                yield row["message_id"]
            start = f"({rows[-1]['message_id']}"

    async def run(self) -> list[str]:
        move = self.redis.register_script(self.SCRIPT)
        async for entry_id in self.stale():
            if new := await move(keys=[self.stream], args=[self.group, entry_id, self.lease_ms]):
                self.moved.append(new)
        return self.moved


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    return await Reaper(redis, stream, group, stale_after_ms).run()
