"""Real worker processes: started, stopped and killed by name. Nothing here leaves a mark; see fleet.py."""

import itertools
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, Unpack

from jobqueue.errors import BadSetting
from jobqueue.handler import is_async
from jobqueue.lab.fleet.cleanup import Failures
from jobqueue.lab.fleet.members import LogLine, Member, check_jobs
from jobqueue.lab.fleet.network import Network
from jobqueue.lab.fleet.parcel import Taught, check_handlers, check_policy, pack
from jobqueue.lab.fleet.process import Spec
from jobqueue.policies import named

NAMES = ("ada", "ben", "cleo", "dan", "eva", "finn", "gaia", "hugo", "iris", "jack", "kim", "leo")


class HireOptions(TypedDict, total=False):
    """Options of a worker, as Fleet.hire explains them."""

    concurrency: int
    reap: bool
    handlers: dict[str, Callable[..., Any]] | None
    policy: str | Callable[..., Any] | None


class Processes:
    """Worker processes of the queue `name` at `url`; logs, sockets and pickles are in `folder`. None outlives us.

    `handlers` says where the lab's handlers are, as module:name. Each worker reaches Redis through `network`.
    """

    #: Others in a browser tab.
    member_type: Any = Member
    network_type: Any = Network
    #: Workers that may be hired, in all.
    most = len(NAMES)

    def __init__(self, url: str, name: str, folder: Path, handlers: str):
        self.queue, self.folder, self.handlers = name, folder, handlers
        self.members: dict[str, Member] = {}
        self.network: Network = self.network_type(url, folder)
        self._taught = self._parcels = 0
        self._unread: list[LogLine] = []

    def hire(self, count: int, **options: Unpack[HireOptions]) -> list[Member]:
        """Start `count` workers; see Fleet.hire."""
        free = self.most - len(self.alive)
        if not isinstance(count, int) or not 1 <= count <= free:
            raise BadSetting(f"you can hire 1 to {self.most} workers in all; {free} more can come, not {count!r}")
        spec = self._spec(**options)
        return [self._start(self._free_name(), **spec) for _ in range(count)]

    def spawn(self, program: Callable[..., Any], name: str | None = None) -> Member:
        """Start a process that runs `await program(redis, name)`; see Fleet.spawn."""
        if not is_async(program):
            raise BadSetting(f"a program is an `async def program(redis, name)`, not {program!r}")
        name = self._free_name() if name is None else name
        if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,20}", name, re.ASCII):
            raise BadSetting(f"a name is made of up to 20 letters, digits, - and _, not {name!r}")
        former = self.members.get(name)
        if former and former.alive and not former.program:
            raise BadSetting(f"{name} is alive already, as a worker of the kit: kill it first, or give another name")
        self._parcels += 1
        path = self.folder / f"{self._parcels}.program"
        pack(program, f"the program {program.__name__}", path)
        if former and former.is_well and Path(former.program).read_bytes() == path.read_bytes():
            return former  # its cell was interrupted, or is run again
        return self._start(name, program=str(path))

    def teach(self, pick: Callable[..., Any]) -> str:
        """Put a policy where every worker finds it, also those that come later; returns the name it has from now on."""
        self._taught += 1  # part of the name, so that workers read the function again after you edit its cell
        name = f"{getattr(pick, '__name__', 'policy').strip('<>')}#{self._taught}"
        pack(pick, "the policy", Taught.file(self.folder, name))
        check_policy(pick)
        return name

    def fire(self, name: str) -> Member:
        """SIGTERM."""
        member = self._awake(name)
        member.fired = True
        member.process.send_signal(signal.SIGTERM)
        return member

    def kill(self, name: str) -> Member:
        """SIGKILL, as `kill -9` sends it."""
        member = self.living(name)
        member.kill()
        return member

    def freeze(self, name: str) -> Member:
        """SIGSTOP."""
        member = self._awake(name)
        member.process.send_signal(signal.SIGSTOP)
        member.frozen = True
        return member

    def thaw(self, name: str) -> Member:
        """SIGCONT."""
        member = self.living(name)
        if not member.frozen:
            raise BadSetting(f"{name} isn't frozen")
        member.process.send_signal(signal.SIGCONT)
        member.frozen = False
        return member

    @property
    def alive(self) -> list[Member]:
        """The living ones, also those that are frozen, in the order in which they were hired."""
        return [member for member in self.members.values() if member.alive]

    def living(self, name: str) -> Member:
        """Return the worker of this name. Raises BadSetting if it isn't alive."""
        member = self.members.get(name)
        if member is None or not member.alive:
            living = ", ".join(member.name for member in self.alive)
            raise BadSetting(f"no worker named {name!r} is alive; alive: {living or 'none, so hire some'}")
        return member

    def close(self) -> None:
        """Kill every worker that's left, frozen or not. The jobs they hold stay pending."""
        failures = Failures()
        for member in self.members.values():  # all of them, before we wait for the first, or the others would go on
            with failures:
                member.process.kill()
        for member in self.members.values():
            with failures:
                member.kill()
        with failures:
            self.network.close()
        failures.raise_first()

    def read_logs(self) -> list[LogLine]:
        """Return the lines that the logs have gained since the last call."""
        self._read_logs()
        lines, self._unread = self._unread, []
        return lines

    def began_by(self, name: str) -> Counter[str]:
        """How often this worker began each job. It's quick, however much all of them have done."""
        self._read_logs()
        return self.members[name].began

    def began(self) -> Counter[str]:
        """How often each job was begun, by any worker. More than once means that its work was done twice."""
        self._read_logs()
        return sum((member.began for member in self.members.values()), Counter())

    def _read_logs(self) -> None:
        for member in self.members.values():
            self._unread += member.read_log()

    def _awake(self, name: str) -> Member:
        member = self.living(name)
        if member.frozen:
            raise BadSetting(f"{name} is frozen: thaw it first, or kill it")
        return member

    def _spec(
        self,
        concurrency: int = 8,
        reap: bool = True,
        handlers: dict[str, Callable[..., Any]] | None = None,
        policy: str | Callable[..., Any] | None = None,
    ) -> dict[str, Any]:
        check_jobs("concurrency", concurrency)
        if callable(policy):
            policy = self.teach(policy)
        elif policy is not None:
            named(str(policy))  # raises BadSetting if there's no policy of that name
        own = self._pack(handlers) if handlers is not None else ""
        return {"concurrency": concurrency, "reap": bool(reap), "own_handlers": own, "policy": policy or ""}

    def _pack(self, handlers: dict[str, Callable[..., Any]]) -> str:
        check_handlers(handlers)
        self._parcels += 1
        path = self.folder / f"{self._parcels}.handlers"
        pack(handlers, f"the handlers of {', '.join(map(repr, handlers))}", path)
        return str(path)

    def _start(self, name: str, **options: Any) -> Member:
        """Start a process of this name. It takes over the colour and shape of a dead one that had the name before."""
        former = self.members.get(name)
        if former:
            former.kill()
        spec = Spec(
            url=self.network.open(name),
            queue=self.queue,
            name=name,
            handlers=self.handlers,
            folder=str(self.folder),
            path=list(map(str, sys.path)),
            **options,
        )
        self.members[name] = self.member_type(spec, former.number if former else len(self.members))
        return self.members[name]

    def _free_name(self) -> str:
        """The next name. A dead worker's name isn't given again."""
        names = (
            NAMES[n % len(NAMES)] + (f"-{n // len(NAMES) + 1}" if n >= len(NAMES) else "") for n in itertools.count()
        )
        return next(name for name in names if name not in self.members)
