"""A workshop at work: its state, its file, and the pages that watch. It decides which messages count."""

import hmac
import secrets
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import segno

from jobqueue.lab.workshop.address import Address, make_code, spell
from jobqueue.lab.workshop.events import Happened, Started, Timed
from jobqueue.lab.workshop.limits import Allowance
from jobqueue.lab.workshop.live import Audience
from jobqueue.lab.workshop.messages import Beat, CheckRun, Hello, Turn, VoteCast
from jobqueue.lab.workshop.plan import LessonPlan
from jobqueue.lab.workshop.state import Rejected, State
from jobqueue.lab.workshop.views import Here, view_projector
from jobqueue.lab.workshop.vote_file import VoteFile, read_events


class Workshop:
    """The workshop whose votes are in the file at `path`, with the lessons of `plan`.

    Attributes:
        base: the address at which learners reach it, without the code. The server sets it.
        reachable: whether other machines reach it there.
        earlier: the states of earlier workshops, to compare this one with.
        broken: the numbers of the file's lines that couldn't be read.
    """

    def __init__(self, path: Path, plan: Collection[LessonPlan], earlier: Iterable[Path] = ()):
        """Raises BadSetting if the file is in use, or no workshop's. Raises OSError."""
        self.path, self.plan, self.base, self.reachable = path, plan, "", False
        self._file = VoteFile(path)
        self.broken = self._file.broken
        self.state = State(plan, self._file.events)
        self.earlier = [State(plan, read_events(other)[0]) for other in earlier]
        self.phones, self.projectors = Audience(), Audience()
        self._of_learner, self._of_address = Allowance(rate=2, most=20), Allowance(rate=200, most=1500)
        self._trouble = ""
        if not self.state.code:
            self._take_over([Started(make_code(), secrets.token_urlsafe(24), time.time())])

    def end_streams(self) -> None:
        """End the streams of all pages."""
        self.phones.close()
        self.projectors.close()

    def close(self) -> None:
        """Close the file, for another workshop to go on with."""
        self._file.close()

    async def settle(self) -> None:
        """Wait until all that happened is on the disk. Raises Rejected if the disk doesn't take it."""
        try:
            await self._file.settle()
            trouble = ""
        except OSError as error:
            trouble = f"{self.path.name} can't be written: {error.strerror}"
        if trouble != self._trouble:
            self._trouble = trouble
            self.projectors.announce()
        if trouble:
            raise Rejected(503, trouble, retry_after=2.0)

    def slow_down(self, address: str) -> None:
        """Count a request of this address. Raises Rejected if it's one too many."""
        self._of_address.take(address)

    def is_code(self, text: str) -> bool:
        """Whether this is the code that lets learners in; how long that takes doesn't depend on it."""
        return hmac.compare_digest(text.encode(), self.state.code.encode())

    def is_key(self, text: str) -> bool:
        """Whether this is the instructor's key."""
        return hmac.compare_digest(text.encode(), self.state.key.encode())

    async def greet(self, hello: Hello, address: str) -> None:
        """Let a learner in, or note that they're still here. Raises Rejected."""
        self._of_learner.take(hello.learner)
        self._take_over(self.state.join(hello, address, time.time()))
        await self.settle()

    async def take_answer(self, cast: VoteCast, address: str) -> None:
        """Count an answer; when this returns, it's on the disk. Raises Rejected."""
        now, known = time.time(), self.state.learners.get(cast.learner)
        self._of_learner.take(cast.learner)
        events = self.state.answer(cast, now)
        hello = Hello(cast.learner, cast.name, notebook=known.notebook if known else True)
        self._take_over([*self.state.join(hello, address, now), *events])
        await self.settle()

    async def take_verdict(self, run: CheckRun, address: str) -> None:
        """Count a checker's verdict; when this returns, it's on the disk. Raises Rejected."""
        now = time.time()
        self._of_learner.take(run.learner)
        events = self.state.judge(run, now)
        self._take_over([*self.state.join(Hello(run.learner, run.name), address, now), *events])
        await self.settle()

    async def turn(self, turn: Turn) -> None:
        """Do what the instructor's button says. Raises Rejected if it makes no sense now."""
        self._take_over(self.state.turn(turn.vote, turn.action, time.time()))
        self.phones.announce()
        await self.settle()

    async def begin(self, beat: Beat) -> None:
        """Start the clock."""
        self._take_over([Timed(beat.beat, beat.minutes, time.time())])
        await self.settle()

    def view_projector(self) -> dict[str, Any]:
        """The projector's view, with the way in."""
        here = Here(self.state, self.phones.here, time.time())
        address = str(Address(self.base, self.state.code))
        way_in = {
            "base": self.base,
            "code": spell(self.state.code),
            "qr": segno.make_qr(address).svg_data_uri(border=2, light="white") if self.reachable else "",
            "trouble": self._trouble,
        }
        return way_in | view_projector(self.state, self.plan, here)

    def _take_over(self, events: Iterable[Happened]) -> None:
        for event in events:
            self.state.apply(event)
            self._file.add(event)
            self.projectors.announce()
