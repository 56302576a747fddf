"""The state of a workshop: what its events add up to, and what may happen next. It knows no file and no network.

A vote is asked in two rounds. A round is opened and closed. In between, no page shows the counts, so that no
learner follows the crowd. Round 1 takes answers before it's opened, too, from learners who are ahead. Once it's closed,
the class has seen the counts, so it takes no more.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from jobqueue.lab.workshop.events import Answered, Happened, Joined, Judged, Started, Timed, Turned
from jobqueue.lab.workshop.messages import Action, CheckRun, Hello, VoteCast
from jobqueue.lab.workshop.plan import LessonPlan, LessonVote
from jobqueue.printable import printable

#: Learners at most, and from one address: a whole class may share one, but it can't keep the others out.
MOST_LEARNERS, MOST_PER_ADDRESS = 500, 250

#: Checks of one exercise that are kept per learner.
MOST_RUNS = 500


class Rejected(Exception):
    """A message that doesn't count: the HTTP status, and what the sender should know. `more` goes into the answer."""

    def __init__(self, status: int, detail: str, **more: object):
        super().__init__(detail)
        self.status, self.detail, self.more = status, detail, more


class Learner(msgspec.Struct):
    """`number` is their place in the order of arrival, `seen_at` the last sign of them."""

    number: int
    name: str
    notebook: bool
    last_sign: float
    voted: bool = False


class Standing(msgspec.Struct):
    """Where the class is with one vote. In round 0 it hasn't been opened yet. `answers` are the last ones per round."""

    round: int = 0
    open: bool = False
    revealed: bool = False
    answers: dict[int, dict[str, int]] = msgspec.field(default_factory=lambda: {1: {}, 2: {}})

    def takes(self, round: int) -> bool:
        """Whether answers of this round count now."""
        return (self.open and self.round == round) or (round == 1 and self.round == 0)

    def may(self, action: Action) -> bool:
        """Whether the instructor can do this now."""
        closed = self.round > 0 and not self.open
        return {
            "open": self.round == 0 or (closed and not (self.round == 1 and self.revealed)),
            "close": self.open,
            "again": closed and self.round == 1,
            "reveal": closed and not self.revealed,
        }[action]


class State:
    """Everything that happened, added up. `runs` has every check per exercise and learner, the latest last."""

    def __init__(self, plan: Iterable[LessonPlan], events: Iterable[Happened] = ()):
        self.votes: dict[str, LessonVote] = {vote.vote: vote for lesson in plan for vote in lesson.votes}
        self.exercises = {lesson.exercise for lesson in plan if lesson.exercise}
        self.learners: dict[str, Learner] = {}
        self.standing: defaultdict[str, Standing] = defaultdict(Standing)
        self.runs: defaultdict[str, defaultdict[str, list[Judged]]] = defaultdict(lambda: defaultdict(list))
        self.current, self.clock = "", Timed("", 0, 0.0)
        self.code = self.key = ""
        self._at_address: defaultdict[str, set[str]] = defaultdict(set)
        for event in events:
            self.apply(event)

    def apply(self, event: Happened) -> None:
        """Take over one event, which was accepted before."""
        match event:
            case Started():
                self.code, self.key = event.code, event.key
            case Joined():
                known = self.learners.get(event.learner)
                number = known.number if known else len(self.learners) + 1
                voted = known.voted if known else False
                self.learners[event.learner] = Learner(number, event.name, event.notebook, event.at, voted)
            case Answered():
                self.standing[event.vote].answers[event.round][event.learner] = event.choice
                self._sign_of(event.learner, event.at).voted = True
            case Judged():
                self.runs[event.exercise][event.learner].append(event)
                self._sign_of(event.learner, event.at).notebook = True
            case Turned():
                self._turn(event.vote, event.action)
            case Timed():
                self.clock = event

    def join(self, hello: Hello, address: str, at: float) -> list[Happened]:
        """The events of a learner who says hello, or sends anything else. Raises Rejected if there are too many."""
        known, name = self.learners.get(hello.learner), printable(hello.name or "").strip()
        if known:
            known.last_sign = at
            name = name or known.name
            if (name, hello.notebook or known.notebook) == (known.name, known.notebook):
                return []
            return [Joined(hello.learner, name, hello.notebook or known.notebook, at)]
        here = self._at_address[address]
        if len(self.learners) >= MOST_LEARNERS or len(here) >= MOST_PER_ADDRESS:
            raise Rejected(503, "the workshop is full: it takes no more learners from this network")
        here.add(hello.learner)
        return [Joined(hello.learner, name, hello.notebook, at)]

    def answer(self, cast: VoteCast, at: float) -> list[Happened]:
        """The events of an answer. Raises Rejected if there's no such vote, or if its round is closed."""
        vote = self.votes.get(cast.vote)
        if vote is None or cast.choice >= len(vote.options):
            raise Rejected(404, f"this workshop has no vote {printable(cast.vote)!r} with an option {cast.choice}")
        standing = self.standing[cast.vote]
        if not standing.takes(cast.round):
            now = standing.round if standing.open else None
            raise Rejected(409, f"round {cast.round} of this vote is closed", round=now)
        if standing.answers[cast.round].get(cast.learner) == cast.choice:
            return []
        return [Answered(cast.learner, cast.vote, cast.round, cast.choice, at)]

    def judge(self, run: CheckRun, at: float) -> list[Happened]:
        """The events of a verdict: none if it came before. Raises Rejected if there's no such exercise."""
        if run.exercise not in self.exercises:
            raise Rejected(404, f"this workshop has no exercise {printable(run.exercise)!r}")
        before = self.runs[run.exercise].get(run.learner, [])
        if len(before) >= MOST_RUNS or (run.at is not None and any(each.sent == run.at for each in before)):
            return []
        failure = None if run.passed else run.failure
        return [Judged(run.learner, run.exercise, run.passed, failure, run.seconds, run.at, at)]

    def turn(self, vote: str, action: Action, at: float) -> list[Happened]:
        """The events of the instructor's button. Raises Rejected if it makes no sense now."""
        if vote not in self.votes:
            raise Rejected(404, f"this workshop has no vote {printable(vote)!r}")
        if not self.standing[vote].may(action):
            raise Rejected(409, f"you can't {action} this vote now")
        return [Turned(vote, action, at)]

    def _turn(self, vote: str, action: Action) -> None:
        standing = self.standing[vote]
        if action in ("open", "again"):
            for other in self.standing.values():
                other.open = False
            standing.open = True
            standing.round = 2 if action == "again" else standing.round or 1
        elif action == "close":
            standing.open = False
        else:
            standing.revealed = True
        self.current = vote

    def _sign_of(self, learner: str, at: float) -> Learner:
        known = self.learners.setdefault(learner, Learner(len(self.learners) + 1, "", False, at))
        known.last_sign = at
        return known
