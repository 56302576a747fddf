"""The workers of a world in a browser tab: each is made of tasks, or is a Web Worker (see web_crew.py).

It's treated as a process: signals stop it, `kill -9` included, and it hears orders on a pipe. So the rest of the lab
doesn't know the difference.
"""

import json
import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from jobqueue.errors import JobQueueError
from jobqueue.lab.fleet.members import Member
from jobqueue.lab.fleet.process import JsonLines, Spec
from jobqueue.lab.fleet.processes import Processes
from jobqueue.lab.fleet.proxy import carry_out
from jobqueue.lab.tab.life import Life, current_life
from jobqueue.lab.tab.network import TabProxy
from jobqueue.lab.tab.socket import URL
from jobqueue.lab.tab.work import Work


class NotInTab(JobQueueError):
    """Raised for something that a browser tab doesn't have."""

    def __init__(self, missing: str):
        super().__init__(f"not in this tab: {missing}")
        self.missing = missing


class TabProcess:
    """Stands in for a worker's process, and for the pipe of its orders. The first one is its Spec."""

    #: Pictures show no pid then.
    pid = 0
    returncode: int | None = None
    #: What its connections suffer.
    proxy: TabProxy

    def __init__(self) -> None:
        self._spec: Spec | None = None

    def write(self, line: bytes) -> None:
        order = json.loads(line)
        if not self._spec:
            self._spec = msgspec.convert(order, Spec)
            self.begin(self._spec)
        elif not self._spec.program:
            self.hear(order)

    def close(self) -> None:
        """Close the pipe: it has no more orders."""

    def poll(self) -> int | None:
        return self.returncode

    def wait(self) -> int | None:
        return self.returncode

    def send_signal(self, number: int) -> None:
        if number == signal.SIGSTOP:
            self.freeze()
        elif number == signal.SIGCONT:
            self.thaw()
        elif self._spec and not self._spec.program:
            self.hear({"drain": True})
        else:
            self.kill()

    def begin(self, spec: Spec) -> None:
        raise NotImplementedError

    def hear(self, order: dict[str, Any]) -> None:
        raise NotImplementedError

    def freeze(self) -> None:
        raise NotImplementedError

    def thaw(self) -> None:
        raise NotImplementedError

    def kill(self) -> None:
        raise NotImplementedError


class TaskProcess(TabProcess):
    """A few tasks of this Python, with a life of their own."""

    def __init__(self, log: Path):
        super().__init__()
        self.life = Life()
        self.proxy = self.life.proxy
        self._log = logging.FileHandler(log, mode="w", encoding="utf-8")
        self._log.setFormatter(JsonLines())
        self._log.addFilter(lambda record: current_life.get() is self.life)

    def begin(self, spec: Spec) -> None:
        self._work = Work(spec, self.kill)
        logging.getLogger("jobqueue").addHandler(self._log)
        self.life.begin(self._run())

    def hear(self, order: dict[str, Any]) -> None:
        self._work.hear(order)

    def freeze(self) -> None:
        self.life.freeze()

    def thaw(self) -> None:
        self.life.thaw()

    def kill(self) -> None:
        self._end(-signal.SIGKILL)
        self.life.end()

    async def _run(self) -> None:
        self._end(await self._work.run())

    def _end(self, code: int) -> None:
        if self.returncode is None:
            self.returncode = code
            logging.getLogger("jobqueue").removeHandler(self._log)
            self._log.close()


class TabMember(Member):
    """A worker of a tab. Its process is of `process_type`, and `words` say what that is."""

    process_type: Callable[[Path], TabProcess] = TaskProcess
    words = "tasks in this tab"

    @classmethod
    def start(cls, log: Path) -> tuple[Any, Any]:
        process = cls.process_type(log)
        return process, process

    def __repr__(self) -> str:
        return super().__repr__().replace("process 0", self.words)


class TabNetwork:
    """The network of a tab's workers. Each has a proxy, which obeys the same orders as in a notebook."""

    def __init__(self, url: str, folder: Path):
        self.on_lost: Callable[[str], object] = lambda name: None
        self.on_full: Callable[[], object] = lambda: None
        self.members: dict[str, Member] = {}

    def open(self, name: str) -> str:
        return URL

    async def tell(self, name: str, **order: Any) -> None:
        """Give an order to a worker's proxy."""
        process: Any = self.members[name].process
        proxy: TabProxy = process.proxy
        proxy.on_lost = lambda: self.on_lost(name)
        carry_out(proxy, order)

    def require_room(self) -> None:
        """Do nothing: there is room."""

    def close(self) -> None:
        """Do nothing: the connections are gone with their workers."""


class TabProcesses(Processes):
    """The workers of a world, by name."""

    member_type, network_type = TabMember, TabNetwork
    #: What the workers are, for the picture's title.
    words = "tasks in this tab"

    def __init__(self, *args: Any):
        super().__init__(*args)
        network: Any = self.network
        network.members = self.members
