"""One worker process, seen from the kernel that hired it. (As it sees itself: process.py.)"""

import contextlib
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from jobqueue.errors import BadSetting
from jobqueue.lab.fleet.process import Spec
from jobqueue.server.leash import Leashed

#: Jobs that a worker may hold at once.
MOST_JOBS = 1000


class LogLine(msgspec.Struct):
    """A line of a worker's log about one attempt: it `started`, or how it ended."""

    #: By the clock of this machine, in seconds since the epoch.
    time: float
    event: str
    job: str
    entry: str
    attempt: int
    worker: str
    #: Only where it started.
    tier: str = ""


_read_line = msgspec.json.Decoder(LogLine).decode


class Member:
    """One worker process. The kernel reads what it has done from its log, which outlives it."""

    def __init__(self, spec: Spec, number: int):
        self.name, self.number, self.concurrency = spec.name, number, spec.concurrency
        self.log = Path(spec.folder, f"{spec.name}.log")
        self.process, self._orders = self.start(self.log)
        self._read = 0
        self.fired = self.frozen = False
        #: The file of the learner's own function that it runs. "" if it's a worker of the kit.
        self.program = spec.program
        self.done = 0
        #: How often it began each job, by job id.
        self.began: Counter[str] = Counter()
        #: The faults in force on it, each in a word or two, by kind.
        self.suffers: dict[str, str] = {}
        self.order(**msgspec.to_builtins(spec))

    def __repr__(self) -> str:
        state = ", ".join(["frozen"] * self.frozen + self.faults) or "alive"
        return f"<{self.name}: process {self.pid}, {state if self.alive else 'gone'}>"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def is_well(self) -> bool:
        """Whether it's alive, and nothing is done to it now."""
        return self.alive and not (self.frozen or self.fired or self.suffers)

    @property
    def faults(self) -> list[str]:
        """What's wrong with it now, in words, in the order in which it began."""
        return list(self.suffers.values())

    @property
    def failure(self) -> str:
        """Why it ended by itself: the last line of its log. "" if it didn't."""
        if self.alive or self.process.returncode <= 0:  # below 0: by a signal
            return ""
        line = self.log.read_text(errors="replace", encoding="utf-8").rstrip().rpartition("\n")[2]
        with contextlib.suppress(ValueError):
            line = msgspec.json.decode(line, type=dict).get("traceback", line).rstrip().rpartition("\n")[2]
        return f"{self.name} failed: {line}"

    def order(self, **order: float | str | list[str]) -> None:
        """Send it an order (see process.py). A frozen one reads it after it thaws."""
        with contextlib.suppress(BrokenPipeError):  # it has just ended
            self._orders.write(json.dumps(order).encode() + b"\n")  # not by msgspec, as a path may not be UTF-8

    @staticmethod
    def start(log: Path) -> tuple[Any, Any]:
        """Start the process; returns it, and the pipe for its orders. The Spec is the first: `ps` doesn't show it."""
        theirs, ours = os.pipe()
        try:
            with log.open("wb") as output:
                command = [sys.executable, "-m", "jobqueue.lab.fleet.process", str(theirs)]
                utf8 = {**os.environ, "PYTHONUTF8": "1"}  # a handler may print a glyph, in every locale
                process = Leashed(command, stdout=output, stderr=output, pass_fds=[theirs], env=utf8)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return process, os.fdopen(ours, "wb", buffering=0)

    def kill(self) -> None:
        """`kill -9`, whatever its state."""
        try:
            self.process.kill()
            self.process.wait()
        finally:
            self.frozen = False
            self._orders.close()

    def read_log(self) -> list[LogLine]:
        """Take in and return the new lines of the log. A line that a `kill -9` cut off is left out."""
        if self.log.stat().st_size == self._read:  # cheap enough for ten times a second
            return []
        with self.log.open("rb") as log:
            log.seek(self._read)
            grown = log.read()
        whole = grown[: grown.rfind(b"\n") + 1]
        self._read += len(whole)
        lines = []
        for text in whole.splitlines():
            try:
                lines.append(_read_line(text))
            except ValueError:
                continue  # something else that the process printed
        self.began.update(line.job for line in lines if line.event == "started")
        self.done += sum(line.event == "done" for line in lines)
        return lines


def check_jobs(setting: str, jobs: object) -> None:
    """Raise BadSetting unless a worker can hold that many jobs at once."""
    if not isinstance(jobs, int) or isinstance(jobs, bool) or not 1 <= jobs <= MOST_JOBS:
        raise BadSetting(f"{setting} must be from 1 to {MOST_JOBS} jobs, not {jobs!r}")
