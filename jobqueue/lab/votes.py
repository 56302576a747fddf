"""votes.json, beside the notebooks: what a learner predicted, and when. No widget here: a room's files are read too.

    {"version": 1,
     "votes": {"02-orphans": {
         "question": "What becomes of the jobs in its hands?",
         "options": {"A": "They are lost", "B": "…"},
         "answers": [{"chose": "A", "at": "2026-11-24T09:03:11+00:00"}],   every one, the latest last
         "right": "C", "revealed": "2026-11-24T09:05:40+00:00"}}}          both "" until it was shown

Times are UTC. With JOBQUEUE_VOTES=off, as under test, nothing is read or written.
"""

import contextlib
import functools
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

VERSION = 1


class Answer(msgspec.Struct):
    """One press of a button."""

    chose: str
    at: str


class Asked(msgspec.Struct):
    """One question, and all that was ever said to it."""

    question: str
    options: dict[str, str]
    answers: list[Answer] = []
    right: str = ""
    revealed: str = ""


class Ballot(msgspec.Struct):
    """The whole file."""

    version: int = VERSION
    votes: dict[str, Asked] = {}


def read(path: Path) -> Ballot:
    """The ballot in a file. Raises OSError, or ValueError for what is no ballot, or one of a later version."""
    ballot = msgspec.json.decode(path.read_bytes(), type=Ballot)
    if ballot.version > VERSION:
        raise ValueError(f"{path} is of version {ballot.version}; this kit reads version {VERSION}")
    return ballot


class Votes:
    """The ballot at `path`, None for one in memory. Nothing that is wrong with the file stops a lesson: `problem` says
    it, and the ballot goes on in memory."""

    def __init__(self, path: Path | None):
        self.path, self.problem = path, ""
        self._ballot = Ballot()

    def asked(self, vote_id: str) -> Asked | None:
        """What is known of a question; None if nobody ever answered it, or saw its answer."""
        self._look()
        return self._ballot.votes.get(vote_id)

    def answer(self, vote_id: str, question: str, options: dict[str, str], letter: str) -> None:
        """Keep one answer. The words are kept along: a room's histogram is read without the notebook."""
        self._entry(vote_id, question, options).answers.append(Answer(letter, _now()))
        self._keep()

    def reveal(self, vote_id: str, question: str, options: dict[str, str], right: str) -> None:
        """Keep the right answer, and when it was first shown: an answer given later is no prediction."""
        entry = self._entry(vote_id, question, options)
        entry.right, entry.revealed = right, entry.revealed or _now()
        self._keep()

    def _entry(self, vote_id: str, question: str, options: dict[str, str]) -> Asked:
        self._look()  # another notebook's kernel may have written since
        entry = self._ballot.votes.setdefault(vote_id, Asked(question, options))
        entry.question, entry.options = question, options
        return entry

    def _look(self) -> None:
        if self.path is None or self.problem:  # after a failure memory knows more than the file
            return
        with contextlib.suppress(OSError, ValueError):
            self._ballot = read(self.path)

    def _keep(self) -> None:
        """Whole, or not at all: a reader never sees half a file."""
        if self.path is None:
            return
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self._set_aside()
            new.write_bytes(msgspec.json.format(msgspec.json.encode(self._ballot), indent=1))
            new.replace(self.path)
            self.problem = ""
        except OSError as error:
            self.problem = f"not kept: {self.path.name}: {error.strerror}"
            with contextlib.suppress(OSError):
                new.unlink()

    def _set_aside(self) -> None:
        """What is there and cannot be read may be dear to somebody."""
        try:
            read(self.path)
        except ValueError:
            self.path.replace(self.path.with_name("votes.broken.json"))
        except FileNotFoundError:
            pass


@functools.cache
def votes_in(folder: Path) -> Votes:
    """The votes of the notebooks in a folder: one object a kernel, so that a cell run twice finds what memory has."""
    return Votes(None if os.environ.get("JOBQUEUE_VOTES") == "off" else folder / "votes.json")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
