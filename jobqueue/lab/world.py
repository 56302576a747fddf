"""A clean world for one lesson: its own server, queue, workers and recording, all gone when it closes."""

import asyncio
import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from redis.asyncio import Redis

from jobqueue.errors import JobQueueError
from jobqueue.keys import GROUP
from jobqueue.lab.faults import Faults
from jobqueue.lab.fleet import Fleet
from jobqueue.lab.front import Front
from jobqueue.lab.hands import Hands
from jobqueue.lab.library import enqueue_library, measure, sources
from jobqueue.lab.load import Load
from jobqueue.lab.raw import raw_client
from jobqueue.lab.recorder import Recorder
from jobqueue.lab.recording import Recording
from jobqueue.lab.traffic import Traffic
from jobqueue.queue import Queue
from jobqueue.sandbox import PREFIX, Sandbox

#: Under test, experiments run at this many times the learner's pace: JOBQUEUE_HASTE=4.
HASTE = float(os.environ.get("JOBQUEUE_HASTE", "1"))


class NothingToWaitFor(JobQueueError):
    """Raised by a wait that could not end: no job was enqueued, or no worker is alive."""


class WorldClosed(JobQueueError):
    """Raised when a world is used that has been closed."""


class Account(msgspec.Struct, frozen=True):
    """Every accepted job, held against a result computed directly."""

    accepted: int
    #: Jobs that are done with the right result.
    done: int
    #: Of these jobs, those that were begun more than once: what at-least-once costs.
    run_twice: int
    #: Jobs with a result that is not the right one.
    wrong: int
    #: Jobs that are still waiting, pending or delayed.
    unsettled: int
    #: Jobs given up, and kept as dead letters.
    dead: int

    @property
    def lost(self) -> int:
        """Jobs that were accepted and are nowhere."""
        return self.accepted - self.done - self.wrong - self.unsettled - self.dead

    @property
    def ok(self) -> bool:
        return self.done == self.accepted

    def __str__(self) -> str:
        seldom = {"unsettled": self.unsettled, "dead": self.dead, "wrong": self.wrong}
        counts = {"accepted": self.accepted, "done": self.done} | {name: n for name, n in seldom.items() if n}
        counts |= {"run twice": self.run_twice, "lost": self.lost}
        return " · ".join(f"{name} {n}" for name, n in counts.items())


class World(Hands, Traffic):
    """`async with World() as world:`, or in a notebook `world = await open_world()`.

    Args:
        lease (float): the queue's lease in seconds, at the learner's pace.
        handlers (str): where the workers' handlers are, as module:name.
    """

    def __init__(self, *, lease: float = 4.0, handlers: str = "jobqueue.lab.tasks:HANDLERS"):
        self.lease = max(1.0, lease / HASTE)
        self.handlers = handlers
        self.sandbox = Sandbox(persistent=True)  # or no fault could kill Redis without losing all
        self.jobs: dict[str, str] = {}
        self.loads: list[Load] = []
        self.fronts: list[Front] = []
        self._pictures = {}
        self._clients: list[Redis] = []
        self._closed = False

    async def __aenter__(self) -> "World":
        try:
            url = self.sandbox.start()
            # On a server that is not ours alone, a name nobody else has keeps two worlds apart.
            name = "jobs" if not self.sandbox.external else f"lab-{secrets.token_hex(4)}"
            self.queue = Queue(url, name)
            await self._furnish()
            self._folder = _own_folder()
            self.fleet = Fleet(url, name, Path(self._folder.name), self.handlers)
            self.recorder = Recorder(self.queue, self.fleet, self._show)
            self.faults = Faults(self.fleet, self.sandbox, self.queue, self.recorder, self._furnish)
            self._recording = asyncio.create_task(self.recorder.run())
        except BaseException:
            self.sandbox.stop()
            raise
        return self

    async def __aexit__(self, *exc) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop everything. The pictures stay, as they were last; calling it twice does no harm."""
        if self._closed:
            return
        self._closed = True
        await self.faults.close()
        for load in list(self.loads):
            await load.close()
        for front in self.fronts:
            front.close()
        if self._recording.cancel():
            await asyncio.wait([self._recording])
        await self.recorder.close()
        self.fleet.close()
        for picture in self._pictures.values():
            picture.freeze()
        for client in self._clients:
            await client.aclose()
        await self.queue.close()
        self.sandbox.stop()
        self._folder.cleanup()

    @property
    def stream(self) -> str:
        """The key of the middle tier's stream: for lessons about Redis itself, which every picture then shows."""
        return self.queue.keys.stream("normal")

    @property
    def group(self) -> str:
        """The kit's consumer group."""
        return GROUP

    def client(self) -> Redis:
        """A client of your own, for raw commands; closed with the world."""
        self._require_open()
        client = raw_client(self.queue.url)
        client.check = self._require_open
        self._clients.append(client)
        return client

    def pace(self, seconds: float) -> float:
        """So many seconds at a learner's pace, and fewer where a test is in haste."""
        return seconds / HASTE

    async def enqueue_library(self, seconds: float = 10.0, files: int | None = None) -> int:
        """One job for each file of the standard library, or for the first `files` of them; 24 slots will need about
        `seconds`. Returns how many jobs of this kind there are now."""
        self._require_open()
        chosen = sources()[:files]
        pace = seconds * 24 / len(chosen) / HASTE
        await enqueue_library(self.queue, pace, self.jobs, chosen)
        return len(self.jobs)

    async def busy(self, seconds: float = 20.0) -> None:
        """Wait until somebody holds a job. Who reads slowly may find all done: then the library once more."""
        self._require_open()
        if not self.fleet.alive:
            raise NothingToWaitFor("nobody is alive who could be busy: hire somebody first")
        if not (await self.queue.snapshot()).unsettled:
            await self.enqueue_library(seconds)
        await self.until(lambda frame: bool(frame["ledger"]))

    async def orphans(self) -> int:
        """How many jobs are pending under workers whose process is dead."""
        self._require_open()
        return _orphans(await self.recorder.sample())

    async def most_orphans(self) -> int:
        """The most jobs that were ever pending under dead workers at once, in the whole recording until now."""
        await self.orphans()
        return max(map(_orphans, self.recorder.frames))

    async def until(self, holds: Callable[[dict], bool], seconds: float = 120.0, *, alone: bool = False) -> dict:
        """Wait until a frame of the recording satisfies `holds`; returns it.

        Raises NothingToWaitFor if every worker that was hired is gone, unless it may come about `alone`, without them;
        and TimeoutError after `seconds`.
        """
        self._require_open()
        async with asyncio.timeout(seconds):
            frame = await self.recorder.sample()
            while not holds(frame):
                nobody = "" if alone else self._nobody
                frame = await (self.recorder.sample() if nobody else self.recorder.next())
                if nobody and not holds(frame):
                    raise NothingToWaitFor(nobody)
            return frame

    async def when(self, ask: Callable[[], Awaitable], answer: object, seconds: float = 120.0) -> None:
        """Ask until this is the answer: `await world.when(lambda: redis.llen("outbox"), 3)`. Raises as `until`."""
        async with asyncio.timeout(seconds):
            while await ask() != answer:
                self._require_open()
                nobody = self._nobody
                if nobody and await ask() != answer:  # asked again, as the last one may have done it, and then died
                    raise NothingToWaitFor(nobody)
                await asyncio.sleep(0.02)

    async def until_stale(self, milliseconds: float) -> dict:
        """Wait until every pending entry has been idle for so long; returns the frame that shows it."""
        return await self.until(
            lambda frame: all(row["idle"] * 1000 > milliseconds for row in frame["ledger"]), alone=True
        )

    async def until_done(self, part: float = 1.0) -> dict:
        """Wait until this part of the accepted jobs is done or dead; returns the frame that shows it."""
        self._require_open()
        # On a busy machine a frame may still tell of the moment before the enqueue: only Redis knows if there was none.
        if not (await self.recorder.sample())["accepted"] and not (await self.queue.snapshot()).accepted:
            raise NothingToWaitFor("no job was enqueued: run the cell that does it first")
        return await self.until(
            lambda frame: frame["accepted"] and frame["done"] + frame["dead"] >= part * frame["accepted"]
        )

    async def account(self) -> Account:
        """Hold the result of every job against one computed here, from the same file."""
        self._require_open()
        ends = Counter()
        for job_id, source in self.jobs.items():
            status = await self.queue.job(job_id)
            state = status.state if status else "lost"
            ends[state if state != "done" or status.result == measure(source) else "wrong"] += 1
        began = self.fleet.began()
        run_twice = sum(began[job] > 1 for job in self.jobs)
        unsettled = ends["waiting"] + ends["pending"] + ends["delayed"]
        return Account(len(self.jobs), ends["done"], run_twice, ends["wrong"], unsettled, ends["dead"])

    def watch(self):
        """The live picture, to be displayed: it moves by itself, and its buttons kill."""
        # Imported here, because the demo needs no widget, and may run without the packages for one.
        from jobqueue.lab.live.picture import LivePicture

        return self._live(LivePicture, on_kill=self.kill)

    def machine(self):
        """The machine, live, to be displayed: streams, PEL, delayed set and dead letters, and the jobs that move."""
        from jobqueue.lab.live.machine import MachinePicture

        return self._live(MachinePicture, on_kill=self.kill)

    def strip(self):
        """Depth, PEL and oldest wait by tier over time, live, to be displayed; with watermarks, refusals and faults."""
        from jobqueue.lab.live.tiers import StripPicture

        return self._live(StripPicture)

    def lanes(self):
        """The workers as lanes over time, live, to be displayed: idle, running, frozen or dead, and what ailed them."""
        from jobqueue.lab.live.lanes import LanesPicture

        return self._live(LanesPicture)

    def recording(self) -> Recording:
        """All that was recorded until now, as tables and as a file: also when the world is closed."""
        return self.recorder.recording()

    def still(self, picture=None):
        """An image that needs no kernel, for a notebook to keep: the overview of the whole recording, or what another
        live picture shows now, as in `world.still(world.lanes())`."""
        from IPython.display import HTML

        from jobqueue.lab.live.still import image

        return HTML(picture.image() if picture else image(self.recorder.frames))

    async def _furnish(self, lease: float = 0.0, policy: str | None = None) -> None:
        """Make an empty server this world's: at the beginning, and when its data are gone."""
        await self.queue.open()
        await self.queue.set_lease(lease or self.lease)
        await self.queue.set_policy(policy)
        await self.queue.record_events()

    def _require_open(self) -> None:
        if self._closed:
            raise WorldClosed("this world is closed: run the notebook's first code cell again, it makes a new one")

    @property
    def _nobody(self) -> str:
        """Why nothing will come about by itself any more, or ""."""
        members = self.fleet.members.values()
        if not members or self.fleet.alive:
            return ""
        failures = [member.failure for member in members if member.failure]
        why = "every worker is gone, and jobs are left: hire again, as you did before, then run this cell again"
        return "; ".join([*failures, why])

    def _live(self, kind: type, **options):
        """This world's live picture of this kind, with all of the recording in it: one, however often it is shown."""
        if kind not in self._pictures:
            self._pictures[kind] = picture = kind(**options)
            for frame in self.recorder.frames:
                picture.push(frame)
            if self._closed:
                picture.freeze()
        return self._pictures[kind]

    def _show(self, frame: dict) -> None:
        self.faults.marks.bury(self.fleet.members.values())
        for picture in self._pictures.values():
            picture.push(frame)


def _own_folder() -> tempfile.TemporaryDirectory:
    """For logs, sockets and pickles. Should we be killed, the next sandbox sweeps it, as it does another sandbox's."""
    folder = tempfile.TemporaryDirectory(prefix=f"{PREFIX}lab-", ignore_cleanup_errors=True)
    Path(folder.name, "owner.pid").write_text(str(os.getpid()))
    return folder


def _orphans(frame: dict) -> int:
    return sum(row["orphan"] for row in frame["ledger"])


_open: World | None = None


async def open_world(**options) -> World:
    """The world of this notebook: a fresh one; the one this kernel had before is closed first. Options as World's."""
    global _open
    if _open:
        previous, _open = _open, None
        await previous.close()
    _open = await World(**options).__aenter__()
    return _open
