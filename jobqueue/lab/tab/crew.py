"""The workers of a world in a browser tab: each is made of tasks, with connections and a log of its own.

It's treated as a process: signals stop it, `kill -9` included, and it hears orders on a pipe. So the rest of the lab
doesn't know the difference.
"""

import asyncio
import json
import logging
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import msgspec

from jobqueue.errors import JobQueueError
from jobqueue.handler import Handler, JobTask, is_async
from jobqueue.job import Job
from jobqueue.keeper import Keeper
from jobqueue.lab.fleet.members import Member
from jobqueue.lab.fleet.process import JsonLines, Spec, handlers_of, obey, prepare, run_program
from jobqueue.lab.fleet.processes import Processes
from jobqueue.lab.tab.life import Life, current_life
from jobqueue.lab.tab.network import TabProxy
from jobqueue.lab.tab.socket import URL
from jobqueue.worker import Worker


class NotInTab(JobQueueError):
    """Raised for something that a browser tab doesn't have."""

    def __init__(self, missing: str):
        super().__init__(f"not in this tab: {missing}")
        self.missing = missing


class KeeperTask(Keeper):
    """A keeper as a task, because there are no threads in a tab. A handler that computes without end stops it, too."""

    def start(self) -> None:
        self._ended = asyncio.create_task(self.keep())
        self._ended.add_done_callback(self.note_end)


def _new_task(run: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    life = current_life.get()
    return life.own(JobTask(life.guard(run))) if life else JobTask(run)


class TaskWorker(Worker):
    """The kit's worker without threads."""

    keeper_type = KeeperTask
    new_task = staticmethod(_new_task)


class TaskProcess:
    """Stands in for a worker's process, and for the pipe of its orders. It begins with the first one, its Spec."""

    def __init__(self, log: Path):
        self.pid, self.returncode = 0, cast(int | None, None)  # pictures show no pid then
        self.life = Life()
        self._log = logging.FileHandler(log, mode="w", encoding="utf-8")
        self._log.setFormatter(JsonLines())
        self._log.addFilter(lambda record: current_life.get() is self.life)
        self._spec: Spec | None = None

    def write(self, line: bytes) -> None:
        if not self._spec:
            self._begin(msgspec.convert(json.loads(line), Spec))
        elif not self._spec.program:
            obey(json.loads(line), self._spec, self._worker, self._dials)

    def close(self) -> None:
        """Close the pipe: it has no more orders."""

    def poll(self) -> int | None:
        return self.returncode

    def wait(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self._end(-signal.SIGKILL)
        self.life.end()

    def send_signal(self, number: int) -> None:
        if number == signal.SIGSTOP:
            self.life.freeze()
        elif number == signal.SIGCONT:
            self.life.thaw()
        elif self._spec and not self._spec.program:
            self._worker.drain()
        else:
            self.kill()

    def _begin(self, spec: Spec) -> None:
        self._spec = spec
        logging.getLogger("jobqueue").addHandler(self._log)
        self.life.begin(self._run(spec))

    async def _run(self, spec: Spec) -> None:
        try:
            if spec.program:
                await run_program(spec)
                return self._end(0)
            handlers = {task: _in_loop(handler) for task, handler in handlers_of(spec).items()}
            self._worker, self._dials = prepare(spec, handlers | {"kill": self._kill}, TaskWorker)
            await self._worker.run()
            await self._worker.queue.close()
            self._end(0)
        except Exception:
            logging.getLogger("jobqueue.lab").critical("this worker can't go on", exc_info=True)
            self._end(1)

    async def _kill(self, job: Job) -> None:
        self.kill()
        await asyncio.Event().wait()

    def _end(self, code: int) -> None:
        if self.returncode is None:
            self.returncode = code
            logging.getLogger("jobqueue").removeHandler(self._log)
            self._log.close()


def _in_loop(handler: Handler) -> Handler:
    """There are no threads in a tab: while a plain function runs, everything else stands still."""
    if is_async(handler):
        return handler

    async def run(job: Job) -> Any:
        return handler(job)

    return run


class TaskMember(Member):
    """A worker that is made of tasks."""

    @staticmethod
    def start(log: Path) -> tuple[Any, Any]:
        process = TaskProcess(log)
        return process, process

    def __repr__(self) -> str:
        return super().__repr__().replace("process 0", "tasks in this tab")


class TabNetwork:
    """The network of a tab's workers. Each has a proxy, which obeys the same orders as in a notebook."""

    def __init__(self, url: str, folder: Path):
        self.on_lost: Callable[[str], object] = lambda name: None
        self.on_full: Callable[[], object] = lambda: None
        self.members: dict[str, Member] = {}

    def open(self, name: str) -> str:
        return URL

    async def tell(self, name: str, **order: Any) -> None:
        """Give an order to a worker's proxy: settings by "set", a method by "call", and its texts by "with"."""
        process: Any = self.members[name].process
        proxy: TabProxy = process.life.proxy
        proxy.on_lost = lambda: self.on_lost(name)
        for setting, value in order.get("set", {}).items():
            setattr(proxy, setting, value)
        if method := order.get("call"):
            getattr(proxy, method)(*(text.encode() for text in order.get("with", ())))

    def require_room(self) -> None:
        """Do nothing: there is room."""

    def close(self) -> None:
        """Do nothing: the connections are gone with their workers."""


class TabProcesses(Processes):
    """The workers of a world, by name."""

    member_type, network_type = TaskMember, TabNetwork

    def __init__(self, *args: Any):
        super().__init__(*args)
        network: Any = self.network
        network.members = self.members
