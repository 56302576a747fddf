"""The rows of a frame: jobs where they are, pending entries, workers, and keys of a learner's own."""

from typing import Literal

import msgspec

#: "stranger" is a consumer that's no worker of this world. Only pictures have those.
WorkerState = Literal["starting", "idle", "running", "frozen", "dead", "gone", "stranger"]


class OwnKey(msgspec.Struct, frozen=True):
    """A key that a learner's own code writes."""

    #: list, hash, string, set; none if it isn't there.
    kind: str
    #: How many there are; and the last of them, as text.
    count: int
    values: list[str]


class WaitingJob(msgspec.Struct, frozen=True, array_like=True):
    """A job that waits in a stream."""

    entry: str
    job: str
    attempt: int
    #: A few letters that tell it from others; "" if nothing does. See label.py. (The same for those below.)
    label: str = ""


class DelayedJob(msgspec.Struct, frozen=True, array_like=True):
    """A job in the delayed set. It's due in `due` seconds."""

    job: str
    attempt: int
    due: float
    label: str = ""


class BuriedJob(msgspec.Struct, frozen=True, array_like=True):
    """A job among the dead, and the id of its dead letter."""

    letter: str
    job: str
    tier: str
    reason: str
    label: str = ""


class PelRow(msgspec.Struct, frozen=True):
    """A pending entry: delivered to `worker`, and not acknowledged."""

    entry: str
    tier: str
    worker: str
    #: Seconds since its worker last renewed the lease.
    idle: float
    job: str
    attempt: int
    #: Its worker's process is dead.
    orphan: bool = False
    label: str = ""


class WorkerRow(msgspec.Struct, frozen=True):
    """A worker process."""

    name: str
    state: WorkerState
    #: How many entries are pending under its name, and how many jobs it has finished.
    running: int
    done: int
    #: Whether it runs a learner's own function, so its state says nothing about the work it does.
    program: bool = False
    #: Its number: an index into the colours and shapes of pictures/base/language.py.
    colour: int = 0
    shape: int = 0
    pid: int = 0
    #: Words for what's wrong with it now.
    faults: list[str] = []
    #: Ids of jobs that it runs now, at most 16.
    jobs: list[str] = []

    @property
    def over(self) -> bool:
        """Whether its process has ended."""
        return self.state in ("dead", "gone")
