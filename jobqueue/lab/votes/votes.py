"""votes.json, next to the notebooks: a learner's predictions, with their times. No widget here, as rooms are read too.

    {"version": 1,
     "learner": "3f2a91c07be45d68",                                        only if they were in a workshop
     "votes": {"02-orphans": {
         "question": "What becomes of the jobs in its hands?",
         "options": {"A": "They are lost", "B": "…"},
         "answers": [{"chose": "A", "at": "2026-11-24T09:03:11+00:00"}],   all, the latest last
         "right": "C", "revealed": "2026-11-24T09:05:40+00:00"}}}          both "" until it was shown

Times are UTC. With JOBQUEUE_VOTES=off, as under test, nothing is read or written.
"""

import contextlib
import fcntl
import functools
import os
import re
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

VERSION = 1

#: Seconds to wait for another kernel that is writing; it takes milliseconds.
LOCK_SECONDS = 2.0


class Press(msgspec.Struct):
    """One press of a button."""

    chose: str
    at: str


class BallotEntry(msgspec.Struct):
    """One question, and every press of its buttons."""

    question: str
    options: dict[str, str]
    answers: list[Press] = []
    right: str = ""
    revealed: str = ""


class Ballot(msgspec.Struct):
    """The whole file."""

    version: int = VERSION
    learner: str = ""
    votes: dict[str, BallotEntry] = {}


def read(path: Path) -> Ballot:
    """The ballot in a file. Raises OSError, or ValueError if it's no ballot, or one of a later version."""
    ballot = msgspec.json.decode(path.read_bytes(), type=Ballot)
    if ballot.version > VERSION:
        raise ValueError(f"{path} is of version {ballot.version}; this kit reads version {VERSION}")
    return ballot


class Votes:
    """The ballot at `path`, None for one in memory. No problem with the file stops a lesson: then `problem` names it,
    and the ballot goes on in memory."""

    def __init__(self, path: Path | None):
        self.path, self.problem = path, ""
        self._ballot = Ballot()

    def entry(self, vote_id: str) -> BallotEntry | None:
        """The entry of a question; None if it was never answered, and its answer never shown."""
        self._look()
        return self._ballot.votes.get(vote_id)

    def answer(self, vote_id: str, question: str, options: dict[str, str], letter: str) -> None:
        """Keep one answer, and the words too, because a room's histogram is made without the notebook."""
        with self._changing(vote_id, question, options) as entry:
            entry.answers.append(Press(letter, _now()))

    def reveal(self, vote_id: str, question: str, options: dict[str, str], right: str) -> None:
        """Keep the right answer, and the time when it was first shown, because later answers are no predictions."""
        with self._changing(vote_id, question, options) as entry:
            entry.right, entry.revealed = right, entry.revealed or _now()

    def learner(self) -> str:
        """A random id by which a workshop knows this learner, made when it's first asked for."""
        with self._locked():
            self._look()
            if not re.fullmatch("[0-9a-f]{16}", self._ballot.learner):
                self._ballot.learner = secrets.token_hex(8)
                self._keep()
            return self._ballot.learner

    @contextlib.contextmanager
    def _changing(self, vote_id: str, question: str, options: dict[str, str]) -> Iterator[BallotEntry]:
        """Read, change and write under a lock, because another notebook's kernel may be doing the same."""
        with self._locked():
            self._look()
            entry = self._ballot.votes.setdefault(vote_id, BallotEntry(question, options))
            entry.question, entry.options = question, options
            yield entry
            self._keep()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold a lock on the folder itself: it leaves no file there, and the kernel releases it if we die."""
        if self.path is None:
            yield
            return
        try:
            folder = os.open(self.path.parent, os.O_RDONLY)
        except OSError:  # writing will fail too, and report it
            yield
            return
        try:
            _lock(folder)
            yield
        finally:
            os.close(folder)

    def _look(self) -> None:
        if self.path is None or self.problem:  # after a failure memory knows more than the file
            return
        with contextlib.suppress(OSError, ValueError):
            self._ballot = read(self.path)

    def _keep(self) -> None:
        """Write the file whole, or not at all, so that a reader never sees half of it."""
        if self.path is None:
            return
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            _set_aside(self.path)
            new.write_bytes(msgspec.json.format(msgspec.json.encode(self._ballot), indent=1))
            new.replace(self.path)
            self.problem = ""
        except OSError as error:
            self.problem = f"not kept: {self.path.name}: {error.strerror}"
            with contextlib.suppress(OSError):
                new.unlink()


def _set_aside(path: Path) -> None:
    """Rename a file that can't be read, because its owner may still want it."""
    try:
        read(path)
    except ValueError:
        path.replace(path.with_name("votes.broken.json"))
    except FileNotFoundError:
        pass


def _lock(file: int) -> None:
    """Take the lock, or go on without it after a while, so that no vote waits for a process that hangs."""
    until = time.monotonic() + LOCK_SECONDS
    while time.monotonic() < until:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:  # a file system without locks
            return


@functools.cache
def votes_in(folder: Path) -> Votes:
    """The votes of the notebooks in a folder: one object per kernel, so that a cell run twice finds them in memory."""
    return Votes(None if os.environ.get("JOBQUEUE_VOTES") == "off" else folder / "votes.json")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
