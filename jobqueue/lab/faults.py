"""What may go wrong between a fleet and its Redis, and with Redis itself: on request, by name, and for so long.

Each fault is a mark in the recording. One that lasts is a word beside its worker as well, until it ends.
"""

import asyncio
import math
import signal
from collections.abc import Callable, Coroutine

from redis.exceptions import RedisError

from jobqueue.errors import BadSetting
from jobqueue.lab.crew import Member
from jobqueue.lab.fleet import Fleet
from jobqueue.lab.marks import Marks
from jobqueue.lab.proxy import REPLIES, REQUESTS
from jobqueue.lab.recorder import Recorder
from jobqueue.queue import Queue
from jobqueue.sandbox import Sandbox

#: Longer than anyone would watch.
LONGEST_PAUSE = 600.0


class NetworkFaults:
    """Spoils what passes between one worker and Redis. Each method takes the worker's name."""

    fleet: Fleet
    marks: Marks

    async def cut(self, name: str) -> None:
        """Cut all its connections, once, in the middle of whatever passes."""
        member = await self._tell(name, call="cut")
        self.marks.recorder.mark(f"{member.name}'s connections cut")

    async def delay(self, name: str, seconds: float) -> None:
        """Everything takes so much longer, each way; 0 ends it."""
        seconds = _number("delay", seconds, "seconds", least=0, most=60)
        member = await self._tell(name, set={"delay": seconds})
        self._lasts(member, "delay", seconds > 0, f"delay {seconds:g} s", f"{name} delayed by {seconds:g} s")

    async def throttle(self, name: str, bytes_per_second: float) -> None:
        """No more than so many bytes a second pass, on each connection and each way; `heal` ends it."""
        rate = _number("throttle", bytes_per_second, "bytes a second", least=1)
        member = await self._tell(name, set={"rate": rate})
        self._lasts(member, "throttle", True, f"{rate:g} bytes/s", f"{name} throttled to {rate:g} bytes/s")

    async def lose_reply(self, name: str) -> None:
        """The next fetch of it that brings a job is done, and its reply lost: the job is pending, and never seen."""
        # Its mark comes first: under load the reply is lost, and `on_lost` called, before `_tell` has its answer.
        self._lasts(self.fleet.living(name), "lose", True, "loses a reply", f"{name}'s next delivery lost")
        await self._tell(name, call="lose_reply", **{"with": ["", f"{{{self.fleet.queue}}}:"]})

    async def swallow(self, name: str, way: str) -> None:
        """What goes this way, "requests" or "replies", vanishes, and its sender is not told; `heal` ends it."""
        if way not in (REQUESTS, REPLIES):
            raise BadSetting(f"swallow either 'requests' or 'replies', not {way!r}")
        member = await self._tell(name, set={"swallows": [way]})
        self._lasts(member, "swallow", True, f"{way} vanish", f"{name}'s {way} vanish")

    async def partition(self, name: str) -> None:
        """Nothing passes, and nobody is told: to Redis it is silent, to itself Redis is; `heal` ends it."""
        member = await self._tell(name, set={"swallows": [REQUESTS, REPLIES]})
        self._lasts(member, "swallow", True, "cut off", f"{name} cut off")

    async def heal(self, name: str | None = None) -> None:
        """End all of these for a worker, or for all. What vanished is gone: such connections are cut."""
        for member in [self.fleet.living(name)] if name is not None else self.fleet.members.values():
            if member.alive:
                await self._tell(member.name, call="heal")
                for kind in ("delay", "throttle", "lose", "swallow"):
                    self.marks.end(kind, member)

    async def _tell(self, name: str, **order) -> Member:
        member = self.fleet.living(name)
        await self.fleet.network.tell(name, **order)
        return member

    def _lasts(self, member: Member, kind: str, on: bool, word: str, label: str) -> None:
        if on:
            self.marks.begin(kind, label, member, word)
        else:
            self.marks.end(kind, member)


#: Makes of an empty server a world's, given the lease and the policy that it had.
Furnish = Callable[[float, str | None], Coroutine]


class Faults(NetworkFaults):
    """Everything that may go wrong in a world: its workers' network, and its Redis."""

    def __init__(self, fleet: Fleet, sandbox: Sandbox, queue: Queue, recorder: Recorder, furnish: Furnish):
        self.fleet, self.sandbox, self.queue, self.marks = fleet, sandbox, queue, Marks(recorder)
        self._furnish = furnish
        self._pause: asyncio.Task | None = None
        self._closed = False
        self._turn = asyncio.Lock()  # a second press of a button waits for what the first one does
        fleet.network.on_lost = lambda name: self.marks.end("lose", fleet.members[name])

    async def kill_redis(self) -> None:
        """kill -9 of the server. `restart_redis` brings it back."""
        async with self._turn:
            self._require_up()
            await asyncio.to_thread(self.sandbox.kill)
            self.marks.begin("down", "Redis killed")

    async def restart_redis(self, keep: bool = True) -> int:
        """Start it again, killed before if it runs: with its data, or empty, as one without persistence would be.

        Returns how many unsettled jobs are gone with its data.
        """
        async with self._turn:
            self._require_own()
            self.marks.recorder.mark("Redis restarts, " + ("with its data" if keep else "empty"), fault=not keep)
            before = await self.marks.recorder.sample()
            self._wake()
            await asyncio.to_thread(self.sandbox.restart, keep=keep)
            for kind in self.marks.of():
                self.marks.end(kind)
            if keep:
                return 0
            await self._furnish(before["lease"], before["policy"] or None)
            gone = sum(sum(before[place].values()) for place in ("waiting", "pending", "delayed"))
            self.marks.recorder.mark(f"{gone} jobs are gone with Redis's data")
            return gone

    async def pause_redis(self, seconds: float) -> None:
        """SIGSTOP the server; in so many seconds it goes on. Returns at once.

        Not CLIENT PAUSE: a server that stands still, as one does that swaps or whose host does, answers no PING and no
        INFO either, accepts connections and says nothing on them, and no command could show that.
        """
        self._require_up()
        seconds = _number("pause", seconds, "seconds", least=0.01, most=LONGEST_PAUSE)
        self.sandbox.process.send_signal(signal.SIGSTOP)
        self.marks.begin("paused", "Redis paused")
        self._pause = asyncio.create_task(self._go_on_in(seconds))

    async def fill_memory(self) -> None:
        """Put Redis's limit below what it holds: it refuses each enqueue, as long as this lasts; settling goes on.

        Not with ballast: every job that is settled would make room for another to be accepted, or not, by chance.
        """
        self._require_up()
        await self._set_limit("1")
        self.marks.begin("full", "Redis's memory full")

    async def free_memory(self) -> None:
        """The limit is again what it was."""
        self._require_up()
        await self._set_limit(self.sandbox.maxmemory)
        self.marks.end("full")

    async def close(self) -> None:
        """Nothing more is done to Redis: a restart under way ends first, or it would outlive the world."""
        self._closed = True
        async with self._turn:
            if self._pause:
                self._pause.cancel()

    async def _go_on_in(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._wake()

    def _wake(self) -> None:
        if self.sandbox.process and "paused" in self.marks.of():
            self.sandbox.process.send_signal(signal.SIGCONT)
        self.marks.end("paused")

    async def _set_limit(self, limit: str) -> None:
        try:
            await self.queue.redis.config_set("maxmemory", limit)
        except RedisError as error:
            raise BadSetting(f"Redis does not take another memory limit now: {error}") from None

    def _require_own(self) -> None:
        if self._closed:
            raise BadSetting("this world is closed, its Redis is gone")
        if self.sandbox.external:
            raise BadSetting(
                "this Redis was given by JOBQUEUE_REDIS_URL, and is not ours to break: unset it for one that is"
            )

    def _require_up(self) -> None:
        self._require_own()
        if not self.sandbox.process or self.sandbox.process.poll() is not None:
            raise BadSetting("Redis is down: faults.restart_redis() starts it again")
        if "paused" in self.marks.of():
            raise BadSetting("Redis is paused: wait until it goes on")


def _number(what: str, given, unit: str, *, least: float, most: float = math.inf) -> float:
    if not isinstance(given, int | float) or not (math.isfinite(given) and least <= given <= most):
        limits = f"at least {least:g}" + (f" and at most {most:g}" if most < math.inf else "")
        raise BadSetting(f"{what} takes a number of {unit}, {limits}, not {given!r}")
    return given
