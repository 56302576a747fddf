"""Everything that can go wrong in a world on request: its workers' network, and its Redis.

Each fault is a mark in the recording, and one that lasts is a shade until it ends.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from jobqueue.errors import BadSetting
from jobqueue.keys import TIERS
from jobqueue.lab.fleet.fleet import Fleet
from jobqueue.lab.fleet.marks import Marks
from jobqueue.lab.fleet.network_faults import NetworkFaults, check_number
from jobqueue.lab.recording.frame import NOTHING
from jobqueue.sandbox import Sandbox

#: Seconds. Longer than anyone would watch.
LONGEST_PAUSE = 600.0

#: Makes an empty server a world's, given the lease and the policy that it had.
Furnish = Callable[[float, str | None], Awaitable[None]]


class WorldFaults(NetworkFaults):
    """The network's faults, by worker, and those of Redis."""

    def __init__(self, fleet: Fleet, sandbox: Sandbox, marks: Marks, furnish: Furnish):
        super().__init__(fleet, marks)
        self.sandbox, self.queue = sandbox, fleet.queue
        self._furnish = furnish
        self._pause: asyncio.Task[None] | None = None
        self._closed = False
        self._turn = asyncio.Lock()  # a second press of a button waits until the first one is done

    async def kill_redis(self) -> None:
        """`kill -9` the server. `restart_redis` brings it back."""
        async with self._turn:
            self._require_up()
            await asyncio.to_thread(self.sandbox.kill)
            self.marks.begin("down", "Redis killed")

    async def restart_redis(self, keep: bool = True) -> int:
        """Start the server again, after killing it if it runs. Without `keep` it's empty, as if it had no persistence.

        Returns how many unsettled jobs are gone with its data.
        """
        async with self._turn:
            self._require_own()
            self.marks.recorder.mark("Redis restarts, " + ("with its data" if keep else "empty"), fault=not keep)
            before = NOTHING if keep else await self.marks.recorder.refresh()
            self._wake()
            await asyncio.to_thread(self.sandbox.restart, keep=keep)
            for kind in self.marks.of():
                self.marks.end(kind)
            if keep:
                return 0
            await self._furnish(before.lease, before.policy or None)
            gone = sum(before.depth(tier) for tier in TIERS)
            self.marks.recorder.mark(f"{gone} jobs are gone with Redis's data")
            return gone

    async def pause_redis(self, seconds: float) -> None:
        """Stop the server with SIGSTOP, and let it go on after `seconds`. Returns at once.

        CLIENT PAUSE wouldn't do. A server that stands still, because it or its host swaps, doesn't even answer PING or
        INFO. It accepts connections and says nothing on them, and no command can show that.
        """
        self._require_up()
        seconds = check_number("pause", seconds, "seconds", least=0.01, most=LONGEST_PAUSE)
        self._signal(signal.SIGSTOP)
        self.marks.begin("paused", "Redis paused")
        self._pause = asyncio.create_task(self._wake_in(seconds))

    async def fill_memory(self) -> None:
        """Put Redis's memory limit below what it holds. While this lasts, it refuses every enqueue, and settles jobs.

        Ballast wouldn't do: every job that's settled would make room for another one to be accepted, by chance.
        """
        self._require_up()
        await self._set_limit("1")
        self.marks.begin("full", "Redis's memory full")

    async def free_memory(self) -> None:
        """Set the memory limit to what it was."""
        self._require_up()
        await self._set_limit(self.sandbox.maxmemory)
        self.marks.end("full")

    async def close(self) -> None:
        """Leave Redis alone from now on. A restart under way ends first, or it would outlive the world."""
        self._closed = True
        async with self._turn:
            if self._pause:
                self._pause.cancel()

    async def _wake_in(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._wake()

    def _wake(self) -> None:
        if "paused" in self.marks.of():
            self._signal(signal.SIGCONT)
        self.marks.end("paused")

    def _signal(self, number: signal.Signals) -> None:
        if self.sandbox.process:
            self.sandbox.process.send_signal(number)

    async def _set_limit(self, limit: str) -> None:
        try:
            await self.queue.redis.config_set("maxmemory", limit)
        except RedisError as error:
            raise BadSetting(f"Redis takes no other memory limit now: {error}") from None

    def _require_own(self) -> None:
        if self._closed:
            raise BadSetting("this world is closed, and its Redis is gone: open a new world")
        if self.sandbox.external:
            raise BadSetting("JOBQUEUE_REDIS_URL gave us this Redis, so we won't break it: unset it to get one of ours")

    def _require_up(self) -> None:
        self._require_own()
        if not self.sandbox.process or self.sandbox.process.poll() is not None:
            raise BadSetting("Redis is down: faults.restart_redis() starts it again")
        if "paused" in self.marks.of():
            raise BadSetting("Redis is paused: wait until it goes on")
