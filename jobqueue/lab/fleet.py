"""Real worker processes, hired, harmed and killed by name."""

import itertools
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from jobqueue.errors import BadSetting
from jobqueue.lab.crew import Line, Member, check_jobs
from jobqueue.lab.member import Spec
from jobqueue.lab.network import Network
from jobqueue.lab.parcel import Taught, check_handlers, check_policy, pack
from jobqueue.priority import named
from jobqueue.runner import is_async

__all__ = ["NAMES", "Fleet", "Line", "Member"]

NAMES = ("ada", "ben", "cleo", "dan", "eva", "finn", "gaia", "hugo", "iris", "jack", "kim", "leo")


class Fleet:
    """Workers of the queue `name` at `url`; logs, sockets and pickles are in `folder`. None outlives this process.

    `handlers` says where those of the lab are, as module:name. Each worker reaches Redis by way of `network`.
    """

    def __init__(self, url: str, name: str, folder: Path, handlers: str):
        self.queue, self.folder, self.handlers = name, folder, handlers
        self.members: dict[str, Member] = {}
        self.network = Network(url, folder)
        self._taught = self._parcels = 0
        self._unread: list[Line] = []

    def hire(
        self,
        count: int = 1,
        *,
        concurrency: int = 8,
        reap: bool = True,
        handlers: dict[str, Callable] | None = None,
        policy: str | Callable | None = None,
    ) -> list[Member]:
        """Start `count` workers, each holding up to `concurrency` jobs at once. They get the next free names.

        Args:
            handlers: functions of your own, a task's name each, beside those of the lab.
            policy: a policy's name, or a function; they follow it while the queue has none set.

        Raises BadSetting for what no worker could start with.
        """
        free = len(NAMES) - len(self.alive)
        if not isinstance(count, int) or not 1 <= count <= free:
            raise BadSetting(f"hire 1 to {len(NAMES)} workers in all, not {count!r} more; {free} may still come")
        check_jobs("concurrency", concurrency)
        if callable(policy):
            policy = self.teach(policy)
        elif policy is not None:
            named(str(policy), random.Random(0))  # raises BadSetting, if it is no policy's name
        own = self._pack(handlers) if handlers is not None else ""
        options = {"concurrency": concurrency, "reap": bool(reap), "own_handlers": own, "policy": policy or ""}
        return [self._start(self._free_name(), **options) for _ in range(count)]

    def spawn(self, program: Callable, name: str | None = None) -> Member:
        """Start a process that is no worker: it runs `await program(redis, name)`, a function of your own, and ends.

        Raises BadSetting if somebody alive has that name, or if the function cannot be sent.
        """
        if not is_async(program):
            raise BadSetting(f"a program is an `async def program(redis, name)`, not {program!r}")
        name = self._free_name() if name is None else name
        if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,20}", name, re.ASCII):
            raise BadSetting(f"a name is made of up to 20 letters, digits, - and _, not {name!r}")
        if name in self.members and self.members[name].alive:
            raise BadSetting(f"{name} is alive already: kill it first, or give another name")
        self._parcels += 1
        path = self.folder / f"{self._parcels}.program"
        pack(program, f"the program {program.__name__}", path)
        return self._start(name, program=str(path))

    def teach(self, pick: Callable) -> str:
        """Put a policy where every worker finds it, those to come as well; returns the name it has from now on."""
        self._taught += 1  # in the name, or nobody would read the function of an edited cell
        name = f"{getattr(pick, '__name__', 'policy').strip('<>')}#{self._taught}"
        pack(pick, "the policy", Taught.file(self.folder, name))
        check_policy(pick)
        return name

    def kill(self, name: str) -> Member:
        """kill -9: the process is gone before it can say a word. Raises BadSetting if no such worker lives."""
        member = self.living(name)
        member.kill()
        return member

    def fire(self, name: str) -> Member:
        """SIGTERM: the worker drains, and leaves when it holds nothing."""
        member = self._awake(name)
        member.fired = True
        member.process.send_signal(signal.SIGTERM)
        return member

    def freeze(self, name: str) -> Member:
        """SIGSTOP: it stands still in the middle of what it does, heartbeat and all, and does not know."""
        member = self._awake(name)
        member.process.send_signal(signal.SIGSTOP)
        member.frozen = True
        return member

    def thaw(self, name: str) -> Member:
        """SIGCONT: it goes on as if no time had passed."""
        member = self.living(name)
        if not member.frozen:
            raise BadSetting(f"{name} is not frozen")
        member.process.send_signal(signal.SIGCONT)
        member.frozen = False
        return member

    @property
    def alive(self) -> list[Member]:
        """Those who live, frozen ones too, in the order in which they were hired."""
        return [member for member in self.members.values() if member.alive]

    def living(self, name: str) -> Member:
        """The worker of this name. Raises BadSetting if it does not live."""
        member = self.members.get(name)
        if member is None or not member.alive:
            living = ", ".join(member.name for member in self.alive)
            raise BadSetting(f"no worker named {name!r} is alive; alive: {living or 'nobody, hire some'}")
        return member

    def close(self) -> None:
        """Kill everyone who is left, frozen or not. What they held stays pending."""
        for member in self.members.values():
            member.process.kill()  # all of them, before the first is waited for: or the others would go on meanwhile
        for member in self.members.values():
            member.kill()
        self.network.close()

    def read_logs(self) -> list[Line]:
        """What all logs have grown by since this was called last."""
        self._read_logs()
        lines, self._unread = self._unread, []
        return lines

    def began(self) -> Counter[str]:
        """How often each job was begun, by anyone: more than once is work done twice."""
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

    def _pack(self, handlers: dict[str, Callable]) -> str:
        check_handlers(handlers)
        self._parcels += 1
        path = self.folder / f"{self._parcels}.handlers"
        pack(handlers, f"the handlers of {', '.join(map(repr, handlers))}", path)
        return str(path)

    def _start(self, name: str, **options) -> Member:
        """A process of this name. One who died and had it before is forgotten, but for the colour and shape."""
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
        self.members[name] = Member(spec, former.number if former else len(self.members))
        return self.members[name]

    def _free_name(self) -> str:
        """A dead worker's name is not given again."""
        names = (
            NAMES[n % len(NAMES)] + (f"-{n // len(NAMES) + 1}" if n >= len(NAMES) else "") for n in itertools.count()
        )
        return next(name for name in names if name not in self.members)
