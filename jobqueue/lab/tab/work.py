"""What one worker does in a browser tab, be it a few tasks of the lesson's Python or a Web Worker of its own."""

import asyncio
import logging
import sys
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import PurePath
from typing import Any

from jobqueue.handler import Handler, JobTask, is_async
from jobqueue.job import Job
from jobqueue.keeper import Keeper
from jobqueue.lab.course import library
from jobqueue.lab.fleet.process import Spec, handlers_of, obey, prepare, run_program
from jobqueue.lab.tab.life import current_life
from jobqueue.worker import Worker


class _Packed(zipfile.Path):
    """The library's files in Pyodide's zip. The lesson's Python would have 13 MB of them unpacked."""

    def rglob(self, pattern: str) -> Iterator[zipfile.Path]:  # zipfile's own leaves out what's in no folder
        return (self / name for name in self.root.namelist() if PurePath(name).match(pattern))


def read_library_packed() -> None:
    """Have jobs read the library's files from the zip that they are in."""
    stand_in: Any = library
    stand_in.STDLIB = _Packed(next(path for path in sys.path if path.endswith(".zip")))


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


class Work:
    """The work that `spec` describes. The task named kill calls `kill`."""

    def __init__(self, spec: Spec, kill: Callable[[], object]):
        self.spec, self._kill = spec, kill
        self._worker: Worker | None = None
        self._early: list[dict[str, Any]] = []  # orders that came before there was a worker

    async def run(self) -> int:
        """Work until it's over; returns the exit code."""
        try:
            await (run_program(self.spec) if self.spec.program else self._be_worker())
        except SystemExit as left:
            return left.code if isinstance(left.code, int) else int(left.code is not None)
        except Exception:
            logging.getLogger("jobqueue.lab").critical("this worker can't go on", exc_info=True)
            return 1
        return 0

    def hear(self, order: dict[str, Any]) -> None:
        """Carry out an order as soon as there's a worker. {"drain": true} is its SIGTERM; for the others see obey."""
        if not self._worker:
            self._early.append(order)
        elif "drain" in order:
            self._worker.drain()
        else:
            obey(order, self.spec, self._worker, self._dials)

    async def _be_worker(self) -> None:
        handlers = {task: _in_loop(handler) for task, handler in handlers_of(self.spec).items()}
        self._worker, self._dials = prepare(self.spec, handlers | {"kill": self._run_kill}, TaskWorker)
        for order in self._early:
            self.hear(order)
        await self._worker.run()
        await self._worker.queue.close()

    async def _run_kill(self, job: Job) -> None:
        self._kill()
        await asyncio.Event().wait()


def _in_loop(handler: Handler) -> Handler:
    """There are no threads in a tab: while a plain function runs, everything else in its Python stands still."""
    if is_async(handler):
        return handler

    async def run(job: Job) -> Any:
        return handler(job)

    return run
