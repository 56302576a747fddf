"""One worker process, as whoever hired it sees it."""

import contextlib
import subprocess
from collections import Counter
from pathlib import Path
from typing import BinaryIO

import msgspec


class Line(msgspec.Struct):
    """What a worker's log says of one attempt: that it `started`, or how it ended."""

    #: By the clock of this machine, in seconds since the epoch.
    time: float
    event: str
    job: str
    entry: str
    attempt: int
    worker: str


_read_line = msgspec.json.Decoder(Line).decode


class Member:
    """One worker process. What it did is read from its own log, which outlives it."""

    def __init__(
        self, name: str, number: int, process: subprocess.Popen, orders: BinaryIO, log: Path, concurrency: int
    ):
        self.name, self.number, self.process, self.log, self.concurrency = name, number, process, log, concurrency
        self.fired = self.frozen = False
        self.done = 0
        #: How often it began each job, by job id.
        self.began: Counter[str] = Counter()
        #: The faults now in force on it, each in a word or two, by their kind.
        self.suffers: dict[str, str] = {}
        self._orders, self._read = orders, 0

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
