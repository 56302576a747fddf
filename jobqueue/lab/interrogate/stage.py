"""Where one trial takes place: a Redis of its own, a peer's producers and workers, and what their jobs write down."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import redis.asyncio

import jobqueue
from jobqueue.lab.interrogate.effects import Effects
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.peer import ADAPTERS, Peer
from jobqueue.lab.interrogate.traces import has_traces
from jobqueue.lab.proxy import Proxy
from jobqueue.sandbox import Sandbox

#: Seconds between two looks at what the jobs have written down.
LOOK = 0.01

#: Seconds that enqueueing may take, or asking for dead letters.
PATIENCE = 60.0

#: What a process of the peer's does, beside being a worker, in words.
DOES = {"produce": "enqueue", "dead": "tell its dead", "replay": "replay"}

#: Seconds in which a worker must have begun its first job: how long it takes to start is not what is asked.
START = 30.0

#: Lines of evidence in a row that only say what jobs did; there may be hundreds.
IN_A_ROW = 8


class Stage(Effects):
    """`async with Stage(peer, settings) as stage:` – nothing of it is left afterwards, whatever happened.

    Args:
        settings (dict): the peer's own options of its "queue", its "worker" and each "job".
        concurrency (int): jobs that a worker may run at once.
        persistent (bool): whether Redis keeps an append-only file.
        sandbox (Sandbox): a server to use, and to empty, instead of one of its own.
    """

    def __init__(self, peer: Peer, settings: dict, concurrency=1, persistent=False, sandbox: Sandbox | None = None):
        self.peer, self.settings, self.concurrency = peer, settings, concurrency
        #: Whether an id can be read in this peer's Redis at all: it may pack or encrypt what it stores.
        self.legible = False
        self._borrowed = sandbox is not None
        self.sandbox = sandbox or Sandbox(persistent=persistent, maxmemory="2gb")
        self.sandbox.external = None  # what is done here is never done to a server that somebody uses
        self.evidence: list[str] = []
        self.packs: list[Pack] = []
        self._began = time.monotonic()
        self._told = 0

    async def __aenter__(self) -> "Stage":
        self.url = await asyncio.to_thread(self.sandbox.start)
        self.folder = Path(tempfile.mkdtemp(dir=self.sandbox.folder))  # swept with it, should we be killed
        self.redis = redis.asyncio.Redis.from_url(self.url)
        await self.redis.flushall()
        if self.sandbox.persistent:  # what is lost is lost by the peer, not by a file that was yet to be written
            await self.redis.config_set("appendfsync", "always")
        return self

    async def __aexit__(self, *exc) -> None:
        with contextlib.suppress(msgspec.DecodeError):  # an adapter may write what it likes: what runs is ended first
            self._tell_effects()
        for pack in self.packs:
            pack.kill()
        await self.redis.aclose()
        if not self._borrowed:
            await asyncio.to_thread(self.sandbox.stop)
        shutil.rmtree(self.folder, ignore_errors=True)

    def note(self, text: str) -> None:
        """Add a line to the evidence, with the time."""
        self._tell_effects()
        self.evidence.append(f"{time.monotonic() - self._began:6.2f} s  {text}")

    # ---- producers

    async def enqueue(self, jobs: list[tuple], pause: float = 0.0, patience: float = PATIENCE) -> dict:
        """Enqueue jobs, as `host.Job` has them, one by one from a process of the peer's.

        Returns {"refused": {id: error}, "seconds": all together, "sent": [when]}.
        """
        (self.folder / "orders").write_text(json.dumps({"jobs": jobs, "pause": pause}))
        answer = await self._run("produce", "orders", "answer", patience=patience)
        self.note(f"{len(jobs) - len(answer['refused'])} jobs enqueued in {answer['seconds']:.2f} s")
        return answer

    async def dead(self) -> list[str]:
        """The ids of the jobs that the peer keeps as given up; none if its adapter knows of no such place."""
        return await self._run("dead", "answer") if "dead" in self.peer.functions else []

    @contextlib.asynccontextmanager
    async def trickle(self):
        """Meanwhile a fresh job arrives each second, as in a queue in use: some look after what was left only then."""
        orders = {"jobs": [(f"fresh-{n}", "noop") for n in range(999)], "pause": 1}
        (self.folder / "trickle").write_text(json.dumps(orders))
        pack = self._start("produce", ("trickle", "nowhere"), self.url)
        try:
            yield
        finally:
            pack.kill()
            self.packs.remove(pack)

    async def replay(self, job_id: str) -> None:
        """Give a dead job another life, by the peer's own means."""
        await self._run("replay", "answer", job_id)

    async def _run(self, verb: str, *args: str, patience: float = PATIENCE):
        (self.folder / "answer").unlink(missing_ok=True)
        pack = self._start(verb, args, self.url)
        try:
            await self.until(lambda: not pack.alive, patience)
            late = pack.alive
        finally:
            pack.kill()
            self.packs.remove(pack)
        if late:
            raise RuntimeError(f"{self.peer.name} did not {DOES[verb]} within {patience:g} s: {self.last_words(verb)}")
        try:
            return json.loads((self.folder / "answer").read_text())
        except OSError:
            raise RuntimeError(f"{self.peer.name} cannot {DOES[verb]}: {self.last_words(verb)}") from None

    # ---- workers

    def hire(self, proxy: Proxy | None = None) -> Pack:
        """Start a worker, which reaches Redis by way of `proxy` if there is one."""
        pack = self._start("work", (), proxy.url if proxy else self.url)
        self.note(f"worker {pack.pid} started")
        return pack

    async def hire_warm(self, proxy: Proxy | None = None) -> Pack:
        """Start a worker and let it run a first job, so that what it does only at its start is over."""
        await self.enqueue([("warm-up",)])
        pack = self.hire(proxy)
        if not await self.until(lambda: "warm-up" in self.ran(), START):
            raise RuntimeError(f"the worker of {self.peer.name} does not begin: {self.last_words()}")
        return pack

    def kill(self, pack: Pack) -> None:
        """kill -9, the worker and all its processes."""
        pack.kill()
        self.packs.remove(pack)
        self.note(f"kill -9 of worker {pack.pid} and all its processes")

    def _start(self, verb: str, args: tuple[str, ...], url: str) -> Pack:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JOBQUEUE"))}
        places = [str(ADAPTERS), str(self.peer.path.parent), *([] if self.peer.requires else _this_python())]
        env |= {
            "PYTHONPATH": os.pathsep.join(places),
            "PYTHONUNBUFFERED": "1",
            "ASK_URL": url,
            "ASK_FOLDER": str(self.folder),
            "ASK_SETTINGS": json.dumps(self.settings),
            "ASK_CONCURRENCY": str(self.concurrency),
        }
        command = [self.peer.python, "-m", "host", verb, self.peer.path.stem, *args]
        self.packs.append(pack := Pack(command, env, self.folder, self.folder / f"{verb}.log"))
        return pack

    def last_words(self, verb: str = "work") -> str:
        """The last line that workers, or producers, printed."""
        lines = (self.folder / f"{verb}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it printed nothing"

    # ---- what happened

    async def is_lost(self, job_id: str) -> bool:
        """Is no trace of the job in Redis, though there would be? Then it will not run, however long one waits."""
        return self.legible and not await has_traces(self.redis, job_id)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until it holds; False if it does not within `seconds`."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK)
        return True

    def _tell_effects(self) -> None:
        fresh = self.effects()[self._told :]
        self._told += len(fresh)
        told = [f"{effect.at - self._began:6.2f} s  {effect.id} {effect.what}, pid {effect.pid}" for effect in fresh]
        if (left_out := len(told) - IN_A_ROW) > 0:
            told[IN_A_ROW // 2 : -IN_A_ROW // 2] = [f"          … {left_out} lines more …"]
        self.evidence += told


def _this_python() -> list[str]:
    """Where this Python finds the kit, which may be installed or not."""
    return [str(Path(jobqueue.__file__).parents[1]), *filter(None, sys.path)]
