"""The stage of one trial: a Redis of its own, a peer's producers and workers, and the notes of their jobs."""

import asyncio
import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import redis.asyncio

from jobqueue.lab.fleet.cleanup import Failures
from jobqueue.lab.fleet.proxy import Proxy
from jobqueue.lab.interrogate.answer import Settings
from jobqueue.lab.interrogate.effects import Effects
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.peer import Peer
from jobqueue.lab.interrogate.processes import PeerProcesses
from jobqueue.lab.interrogate.traces import has_traces, places
from jobqueue.sandbox import Sandbox

#: Seconds between two looks at the jobs' notes.
LOOK = 0.01

#: Seconds that enqueueing may take, or reading the dead letters.
PATIENCE = 60.0

#: The verbs of a peer's processes other than workers, in words.
VERBS = {"produce": "enqueue", "dead": "list its dead", "replay": "replay"}

#: Seconds in which a worker must have begun its first job, because no question is about its start.
START = 30.0

#: Lines of evidence in a row that only list jobs' notes; there may be hundreds.
IN_A_ROW = 8

#: A job as `host.ProbeJob` has it, from its id on.
JobFields = tuple[Any, ...]


class Stage(Effects):
    """`async with Stage(peer, settings) as stage:` leaves nothing behind, whatever happened.

    Args:
        concurrency: jobs that a worker may run at once.
        persistent: whether Redis keeps an append-only file.
        sandbox: a server to use, and to empty, instead of one of its own.
    """

    def __init__(
        self,
        peer: Peer,
        settings: Settings,
        concurrency: int = 1,
        persistent: bool = False,
        sandbox: Sandbox | None = None,
    ):
        self.peer, self.settings, self.concurrency = peer, settings, concurrency
        #: Whether an id can be read in this peer's Redis at all, because it may pack or encrypt its values.
        self.legible = False
        self._borrowed = sandbox is not None
        self.sandbox = sandbox or Sandbox(persistent=persistent, maxmemory="2gb")
        self.sandbox.external = None  # never a server of the user's: its content would be erased
        self.evidence: list[str] = []
        self._began = time.monotonic()
        self._noted = 0

    async def __aenter__(self) -> "Stage":
        async with contextlib.AsyncExitStack() as stack:
            if not self._borrowed:
                stack.push_async_callback(asyncio.to_thread, self.sandbox.stop)
            self.url = await asyncio.to_thread(self.sandbox.start)
            self.folder = Path(tempfile.mkdtemp(dir=self.sandbox.folder))  # swept with it, if we're killed
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.processes = PeerProcesses(self.peer, self.settings, self.concurrency, self.folder)
            self.redis = redis.asyncio.Redis.from_url(self.url)
            stack.push_async_callback(self.redis.aclose)
            await self.redis.flushall()
            if self.sandbox.persistent:  # or a loss may be the file's fault, and not the peer's
                await self.redis.config_set("appendfsync", "always")
            self._cleanups = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        failures = Failures()
        with failures, contextlib.suppress(msgspec.DecodeError):  # an adapter may write anything
            self._add_notes()
        for pack in list(self.processes.packs):
            with failures:
                pack.kill()
        with failures:
            await self._cleanups.aclose()
        failures.raise_first()

    def note(self, text: str) -> None:
        """Add a line to the evidence, with the time."""
        self._add_notes()
        self.evidence.append(f"{time.monotonic() - self._began:6.2f} s  {text}")

    # Producers.

    async def enqueue(
        self, jobs: Sequence[JobFields], pause: float = 0.0, patience: float = PATIENCE
    ) -> dict[str, Any]:
        """Enqueue jobs one by one, from a process of the peer's.

        Returns {"refused": {id: error}, "seconds": for all of them, "sent": [time], "tiers": whether it used job.tier}.
        """
        (self.folder / "orders").write_text(json.dumps({"jobs": jobs, "pause": pause}), encoding="utf-8")
        answer: dict[str, Any] = await self._run("produce", "orders", "answer", patience=patience)
        accepted = len(jobs) - len(answer["refused"])
        self.note(f"{accepted} job{'s' * (accepted != 1)} enqueued in {answer['seconds']:.2f} s")
        return answer

    async def dead(self) -> list[str]:
        """The ids of the jobs that the peer has given up and keeps; none if its adapter has no `dead`."""
        return await self._run("dead", "answer") if "dead" in self.peer.functions else []

    @contextlib.asynccontextmanager
    async def trickle(self) -> AsyncIterator[None]:
        """Enqueue a fresh job each second, as in a queue in use, because some look after old jobs only then."""
        orders = {"jobs": [(f"fresh-{n}", "noop") for n in range(999)], "pause": 1}
        (self.folder / "trickle").write_text(json.dumps(orders), encoding="utf-8")
        pack = self.processes.start("produce", ("trickle", "nowhere"), self.url)
        try:
            yield
        finally:
            self.processes.kill(pack)

    async def replay(self, job_id: str) -> None:
        """Give a dead job another life, by the peer's own means."""
        await self._run("replay", "answer", job_id)

    async def _run(self, verb: str, *args: str, patience: float = PATIENCE) -> Any:
        """Let a process of the peer's do `verb`, and return its answer. Raises RuntimeError if there is none."""
        (self.folder / "answer").unlink(missing_ok=True)
        pack = self.processes.start(verb, args, self.url)
        try:
            await self.until(lambda: not pack.alive, patience)
            late = pack.alive
        finally:
            self.processes.kill(pack)
        name, words = self.peer.name, self.processes.last_words(verb)
        if late:
            raise RuntimeError(f"{name} did not {VERBS[verb]} within {patience:g} s: {words}")
        try:
            return json.loads((self.folder / "answer").read_text(encoding="utf-8"))
        except OSError:
            raise RuntimeError(f"{name} cannot {VERBS[verb]}: {words}") from None

    # Workers.

    def hire(self, proxy: Proxy | None = None) -> Pack:
        """Start a worker, which reaches Redis through `proxy` if there is one."""
        pack = self.processes.start("work", (), proxy.url if proxy else self.url)
        self.note(f"worker {pack.pid} started")
        return pack

    async def hire_warm(self, proxy: Proxy | None = None) -> Pack:
        """Start a worker and let it run a first job, so that its start is over."""
        await self.enqueue([("warm-up",)])
        pack = self.hire(proxy)
        if not await self.until(lambda: "warm-up" in self.ran(), START):
            raise RuntimeError(f"the worker of {self.peer.name} does not begin: {self.processes.last_words()}")
        return pack

    def kill(self, pack: Pack) -> None:
        """kill -9, the worker and all its processes."""
        self.processes.kill(pack)
        self.note(f"kill -9 of worker {pack.pid} and all its processes")

    # Observations.

    async def is_gone(self, job_id: str) -> bool:
        """Is no trace of the job in Redis, where its id could be read? Then it won't run, however long we wait."""
        return self.legible and not await has_traces(self.redis, job_id)

    async def places(self, job_id: str) -> str:
        """The keys that have the job's id, in one line; "" if there are none, or if its id can't be read."""
        return b", ".join(sorted(await places(self.redis, job_id))).decode(errors="replace")

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until `condition` holds; False if it doesn't within `seconds`."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK)
        return True

    def _add_notes(self) -> None:
        """Add the jobs' new notes to the evidence."""
        fresh = self.effects()[self._noted :]
        self._noted += len(fresh)
        lines = [f"{effect.at - self._began:6.2f} s  {effect.id} {effect.event}, pid {effect.pid}" for effect in fresh]
        if (left_out := len(lines) - IN_A_ROW) > 0:
            lines[IN_A_ROW // 2 : -IN_A_ROW // 2] = [f"          … {left_out} more lines …"]
        self.evidence += lines
