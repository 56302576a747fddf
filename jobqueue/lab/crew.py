"""One worker process, as whoever hired it sees it. (As it sees itself: member.py.)"""

import contextlib
import os
import sys
from collections import Counter
from pathlib import Path
from typing import BinaryIO

import msgspec

from jobqueue.errors import BadSetting
from jobqueue.lab.member import Spec
from jobqueue.leash import Leashed

#: Jobs that a worker may hold at once.
MOST_JOBS = 1000


class Line(msgspec.Struct):
    """What a worker's log says of one attempt: that it `started`, or how it ended."""

    #: By the clock of this machine, in seconds since the epoch.
    time: float
    event: str
    job: str
    entry: str
    attempt: int
    worker: str
    #: Only where it started.
    tier: str = ""


_read_line = msgspec.json.Decoder(Line).decode


class Member:
    """One worker process. What it did is read from its own log, which outlives it."""

    def __init__(self, spec: Spec, number: int):
        self.name, self.number, self.concurrency = spec.name, number, spec.concurrency
        self.log = Path(spec.folder, f"{spec.name}.log")
        self.process, self._orders = _start(self.log)
        self._read = 0
        self.fired = self.frozen = False
        self.done = 0
        #: How often it began each job, by job id.
        self.began: Counter[str] = Counter()
        #: The faults now in force on it, each in a word or two, by their kind.
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
    def faults(self) -> list[str]:
        """What is done to it now, in words, longest in force first."""
        return list(self.suffers.values())

    @property
    def failure(self) -> str:
        """Why it ended by itself: the last line it said. "" if it did not."""
        if self.alive or self.process.returncode <= 0:  # below 0: by a signal
            return ""
        line = self.log.read_text(errors="replace").rstrip().rpartition("\n")[2]
        with contextlib.suppress(ValueError):
            line = msgspec.json.decode(line, type=dict).get("traceback", line).rstrip().rpartition("\n")[2]
        return f"{self.name} failed: {line}"

    def order(self, **what) -> None:
        """Send it an order (see member.py). A frozen one hears it when it thaws."""
        with contextlib.suppress(BrokenPipeError):  # it has just ended
            self._orders.write(msgspec.json.encode(what) + b"\n")

    def kill(self) -> None:
        """kill -9, however it is."""
        self.process.kill()
        self.process.wait()
        self.frozen = False
        self._orders.close()

    def read_log(self) -> list[Line]:
        """Take in what the log has grown by, and return it. A line cut off by a kill -9 is left out."""
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
                continue  # something else that the process said
        self.began.update(line.job for line in lines if line.event == "started")
        self.done += sum(line.event == "done" for line in lines)
        return lines


def _start(log: Path) -> tuple[Leashed, BinaryIO]:
    """The process, and the pipe by which it gets its orders: the Spec is the first, so that nobody reads it in `ps`."""
    theirs, ours = os.pipe()
    try:
        with log.open("wb") as output:
            command = [sys.executable, "-m", "jobqueue.lab.member", str(theirs)]
            process = Leashed(command, stdout=output, stderr=output, pass_fds=[theirs])
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return process, os.fdopen(ours, "wb", buffering=0)


def check_jobs(what: str, jobs) -> None:
    """Raise BadSetting unless a worker may hold so many jobs at once."""
    if not isinstance(jobs, int) or isinstance(jobs, bool) or not 1 <= jobs <= MOST_JOBS:
        raise BadSetting(f"{what} must be from 1 to {MOST_JOBS} jobs, not {jobs!r}")
