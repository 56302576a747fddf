"""Real worker processes, hired and killed by name."""

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from jobqueue.errors import BadSetting
from jobqueue.leash import Leashed

NAMES = ("ada", "ben", "cleo", "dan", "eva", "finn", "gaia", "hugo", "iris", "jack", "kim", "leo")


class Member:
    """One worker process. What it did is read from its own log, which outlives it."""

    def __init__(self, name: str, number: int, process: subprocess.Popen, log: Path):
        self.name, self.number, self.process, self.log = name, number, process, log
        self.fired = False
        self.done = 0
        #: How often it began each job, by job id.
        self.began: Counter[str] = Counter()
        self._read = 0

    def __repr__(self) -> str:
        return f"<{self.name}: process {self.pid}, {'alive' if self.alive else 'gone'}>"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def read_log(self) -> None:
        """Take in what the log has grown by. A line cut off by a kill -9 is left out."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            grown = log.read()
        whole = grown[: grown.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue  # something else that the process printed
            if event.get("event") == "started":
                self.began[event["job"]] += 1
            self.done += event.get("event") == "done"


class Fleet:
    """Workers of the queue `name` at `url`, whose logs are kept in `folder`. No one outlives this process.

    `handlers` says where theirs are, as module:name.
    """

    def __init__(self, url: str, name: str, folder: Path, handlers: str):
        self.url, self.queue, self.folder, self.handlers = url, name, folder, handlers
        self.members: dict[str, Member] = {}

    def hire(self, count: int = 1, *, concurrency: int = 8, reap: bool = True) -> list[Member]:
        """Start `count` workers, each holding up to `concurrency` jobs at once. They get the next free names."""
        if not 1 <= count <= len(NAMES) - sum(member.alive for member in self.members.values()):
            raise BadSetting(f"hire 1 to {len(NAMES)} workers in all, not {count} more")
        return [self._start(concurrency, reap) for _ in range(count)]

    def kill(self, name: str) -> Member:
        """kill -9: the process is gone before it can say a word. Raises BadSetting if no such worker lives."""
        member = self._living(name)
        member.process.kill()
        member.process.wait()
        return member

    def fire(self, name: str) -> Member:
        """SIGTERM: the worker drains, and leaves when it holds nothing."""
        member = self._living(name)
        member.fired = True
        member.process.send_signal(signal.SIGTERM)
        return member

    def close(self) -> None:
        """Kill everyone who is left. What they held stays pending."""
        for member in self.members.values():
            if member.alive:
                member.process.kill()
        for member in self.members.values():
            member.process.wait()

    def read_logs(self) -> None:
        for member in self.members.values():
            member.read_log()

    def began(self) -> Counter[str]:
        """How often each job was begun, by anyone: more than once is work done twice."""
        self.read_logs()
        return sum((member.began for member in self.members.values()), Counter())

    def _living(self, name: str) -> Member:
        member = self.members.get(name)
        if member is None or not member.alive:
            living = ", ".join(name for name, member in self.members.items() if member.alive)
            raise BadSetting(f"no worker named {name!r} is alive; alive: {living or 'nobody, hire some'}")
        return member

    def _start(self, concurrency: int, reap: bool) -> Member:
        number = len(self.members)
        round_, index = divmod(number, len(NAMES))
        name = NAMES[index] + (f"-{round_ + 1}" if round_ else "")  # a dead worker's name is not given again
        command = [sys.executable, "-m", "jobqueue.cli", "worker", self.handlers, "--json-logs", "--name", name]
        command += ["--url", self.url, "--queue", self.queue, "--concurrency", str(concurrency)]
        command += [] if reap else ["--no-reaper"]
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = Leashed(command, stdout=output, stderr=output)
        self.members[name] = Member(name, number, process, log)
        return self.members[name]
