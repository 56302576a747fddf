"""A clean world for one lesson: its own server, queue, workers and recording. All of it is gone when it closes.

A World owns its parts and keeps none of their work to itself: read fleet/, traffic/, pictures/ and recording/ for that.
"""

import asyncio
import inspect
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobqueue.errors import JobQueueError
from jobqueue.keys import GROUP
from jobqueue.lab.fleet.cleanup import Failures
from jobqueue.lab.fleet.faults import WorldFaults
from jobqueue.lab.fleet.fleet import Fleet
from jobqueue.lab.fleet.marks import Marks
from jobqueue.lab.fleet.members import Member
from jobqueue.lab.fleet.processes import Processes
from jobqueue.lab.fleet.raw import RawClient, raw_client
from jobqueue.lab.pictures.pictures import Pictures
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.recording.recorder import Recorder
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.traffic.traffic import Traffic
from jobqueue.lab.world.fresh import furnish, muster
from jobqueue.lab.world.library import LibraryJobs
from jobqueue.lab.world.pace import HASTE, pace
from jobqueue.lab.world.waits import Waits
from jobqueue.queue import Queue
from jobqueue.sandbox import PREFIX, Sandbox
from jobqueue.server.claim import Claim


class WorldClosed(JobQueueError):
    """Raised when you use a world after it was closed."""


class World:
    """`async with World() as world:`, or in a notebook `world = await open_world()`.

    Its parts are `queue`, `fleet`, `traffic`, `faults`, `pictures`, `recorder`, `library` and `waits`. The verbs that
    lessons use in every cell also have short names: `world.hire` is `world.fleet.hire` (see `_name_verbs`).

    Args:
        lease (float): the queue's lease in seconds, at the learner's pace.
        handlers (str): where the workers' handlers are, as module:name.
    """

    #: Made of other things in a browser tab.
    sandbox_type: Any = Sandbox
    processes_type: Any = Processes

    def __init__(self, *, lease: float = 4.0, handlers: str = "jobqueue.lab.fleet.tasks:HANDLERS"):
        self.lease = max(1.0, lease / HASTE)
        self.handlers = handlers
        self.sandbox = self.sandbox_type(persistent=True)  # or no fault could kill Redis without losing all
        self._clients: list[RawClient] = []
        self._closed = False

    async def __aenter__(self) -> "World":
        try:
            url = self.sandbox.start()
            # On a server that isn't ours alone, a unique name keeps two worlds apart.
            name = "jobs" if not self.sandbox.external else f"lab-{secrets.token_hex(4)}"
            self.queue = Queue(url, name)
            await self.furnish()
            # For logs, sockets and pickles. If we're killed, the next sandbox sweeps it, as it sweeps a sandbox's own.
            self._folder = tempfile.TemporaryDirectory(prefix=f"{PREFIX}lab-", ignore_cleanup_errors=True)
            self.folder = Path(self._folder.name)
            self._claim = Claim(self.folder)
            self._make_parts()
            self._name_verbs()
            self._recording = asyncio.create_task(self.recorder.run())
        except BaseException:
            try:
                if queue := getattr(self, "queue", None):
                    await queue.close()
            finally:
                self.sandbox.stop()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def _make_parts(self) -> None:
        queue, require_open = self.queue, self.require_open
        processes = self.processes_type(queue.url, queue.keys.name, self.folder, self.handlers)
        self.recorder = Recorder(queue, processes, self._show)
        marks = Marks(self.recorder)
        self.fleet = Fleet(queue, processes, marks, require_open)
        self.faults = WorldFaults(self.fleet, self.sandbox, marks, self.furnish)
        self.traffic = Traffic(queue, self.recorder, require_open)
        self.pictures = Pictures(self.recorder, self.fleet.kill)
        self.waits = Waits(queue, self.fleet, self.recorder, require_open)
        self.library = LibraryJobs(queue, self.fleet, self.waits)

    def _name_verbs(self) -> None:
        """Give the verbs that lessons use in every cell a short name."""
        fleet, traffic, waits, pictures = self.fleet, self.traffic, self.waits, self.pictures
        self.hire, self.spawn, self.fire, self.teach = fleet.hire, fleet.spawn, fleet.fire, fleet.teach
        self.kill, self.end, self.freeze, self.thaw = fleet.kill, fleet.end, fleet.freeze, fleet.thaw
        self.orphans, self.most_orphans = fleet.orphans, fleet.most_orphans
        self.load, self.flood, self.limit = traffic.load, traffic.flood, traffic.limit
        self.until, self.when = waits.until, waits.when
        self.until_stale, self.until_done = waits.until_stale, waits.until_done
        self.watch, self.machine, self.strip = pictures.watch, pictures.machine, pictures.strip
        self.lanes, self.still = pictures.lanes, pictures.still
        self.enqueue_library, self.busy = self.library.enqueue, self.library.busy
        self.account, self.jobs = self.library.account, self.library.jobs
        self.pace = pace

    async def close(self) -> None:
        """Stop everything. The pictures stay as they are. Calling it twice does no harm.

        Each part is closed whatever the others raise, an interrupt included; the first failure is raised at the end.
        """
        if self._closed:
            return
        self._closed = True
        failures = Failures()
        steps: list[Callable[[], Any]] = [self.faults.close, self.traffic.close, self._stop_recording]
        steps += [self.recorder.close, self.fleet.close, self.pictures.freeze]
        steps += [client.aclose for client in self._clients]
        steps += [self.queue.close, self.sandbox.stop, self._folder.cleanup, self._claim.release]
        for close in steps:
            with failures:
                if inspect.isawaitable(closing := close()):
                    await closing
        failures.raise_first()

    @property
    def stream(self) -> str:
        """The key of the middle tier's stream: for lessons about Redis itself, which every picture then shows."""
        return self.queue.keys.stream("normal")

    @property
    def group(self) -> str:
        """The kit's consumer group."""
        return GROUP

    def client(self) -> RawClient:
        """A client of your own, for raw commands; closed with the world."""
        self.require_open()
        client = raw_client(self.queue.url)
        client.check = self.require_open
        self._clients.append(client)
        return client

    async def muster(self, count: int) -> list[Member]:
        """Make a fresh start: `count` healthy workers, no load, a Redis that runs; see fresh.muster."""
        return await muster(self, count)

    def recording(self) -> Recording:
        """Everything recorded until now, as tables and as a file. It works in a closed world, too."""
        return self.recorder.recording()

    async def furnish(self, lease: float = 0.0, policy: str | None = None) -> None:
        """Make an empty server this world's: at the beginning, and when its data are gone."""
        await furnish(self.queue, lease or self.lease, policy)

    def require_open(self) -> None:
        """Raise WorldClosed once the world is closed."""
        if self._closed:
            raise WorldClosed("this world is closed: run the notebook's first code cell again, it makes a new one")

    async def _stop_recording(self) -> None:
        if self._recording.cancel():
            await asyncio.wait([self._recording])

    def _show(self, frame: WorldFrame) -> None:
        self.faults.marks.bury(self.fleet.members.values())
        self.pictures.push(frame)
