"""The views of a workshop: what the projector and a phone show at this moment, as plain data.

The counts stay here while a round is open, and the right answer until it's revealed. So no page can give them away.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

from jobqueue.lab.check.catalogue import titles
from jobqueue.lab.votes.ballots import advise
from jobqueue.lab.votes.panel import CHANGED, FORESEEN, SURPRISED
from jobqueue.lab.workshop.messages import Action
from jobqueue.lab.workshop.plan import LessonPlan, LessonVote
from jobqueue.lab.workshop.state import Standing, State

#: Seconds for which a notebook counts as here after its last message: it says something once in a while. A page always
#: listens, so one that has gone is away at once, give or take a reload.
NOTEBOOK_STAYS, PAGE_STAYS = 1800, 20

#: The instructor's buttons, the likeliest first.
ACTIONS: tuple[Action, ...] = ("close", "again", "reveal", "open")


class Here:
    """The learners who are here now. A phone doesn't run exercises, and a notebook may leave the voting to a phone."""

    def __init__(self, state: State, listening: Collection[str], now: float):
        self.all, pages, notebooks, voters = set[str](), set[str](), set[str](), set[str]()
        for learner, known in state.learners.items():
            stays = NOTEBOOK_STAYS if known.notebook else PAGE_STAYS
            if learner in listening or now - known.last_sign < stays:
                self.all.add(learner)
                (notebooks if known.notebook else pages).add(learner)
                if known.voted:
                    voters.add(learner)
        self.notebooks = notebooks
        #: Those from whom a vote may come. If there's no phone, every notebook is one of them.
        self.voters = pages | voters if pages else self.all


def view_projector(state: State, plan: Collection[LessonPlan], here: Here) -> dict[str, Any]:
    """The projector's view, without the workshop's address."""
    return {
        "here": len(here.all),
        "current": state.current,
        "clock": {"beat": state.clock.beat, "minutes": state.clock.minutes, "since": state.clock.at},
        "lessons": [
            {
                "number": lesson.number,
                "title": lesson.title,
                "minutes": lesson.minutes,
                "beats": lesson.beats,
                "votes": [_view_vote(vote, state.standing[vote.vote], here) for vote in lesson.votes],
                "exercise": view_exercise(state, lesson.exercise, here.notebooks) if lesson.exercise else None,
            }
            for lesson in plan
        ],
    }


def view_phone(state: State, learner: str) -> dict[str, Any]:
    """A phone's view: the vote that the class is at, and this learner's own answers to it."""
    vote = state.votes.get(state.current)
    if vote is None:
        return {"vote": None}
    standing = state.standing[vote.vote]
    return {
        "vote": vote.vote,
        "question": vote.question,
        "options": vote.options,
        "round": standing.round,
        "open": standing.open,
        "right": vote.right if standing.revealed else None,
        "did": vote.did if standing.revealed else "",
        "verdict": _verdict(vote, standing, learner) if standing.revealed else "",
        "mine": {str(round): answers.get(learner) for round, answers in standing.answers.items()},
    }


def _verdict(vote: LessonVote, standing: Standing, learner: str) -> str:
    """The words that the notebook has, too."""
    choices = [answers[learner] for answers in standing.answers.values() if learner in answers]
    if not choices:
        return ""
    if choices[-1] != vote.right:
        return SURPRISED
    return FORESEEN if choices[0] == vote.right else CHANGED


def _view_vote(vote: LessonVote, standing: Standing, here: Here) -> dict[str, Any]:
    view: dict[str, Any] = {
        "vote": vote.vote,
        "question": vote.question,
        "options": vote.options,
        "round": standing.round,
        "open": standing.open,
        "can": [action for action in ACTIONS if standing.may(action)],
        "right": vote.right if standing.revealed else None,
        "did": vote.did if standing.revealed else "",
        "wrong_idea": vote.wrong_idea if standing.revealed else "",
        "rounds": [],
        "change": None,
        "ask": None,
    }
    for number in range(1, standing.round + 1):
        answers = standing.answers[number]
        shown = number < standing.round or not standing.open
        counts = count(answers, vote) if shown else None
        view["rounds"].append({"voted": len(answers), "of": len(here.voters | answers.keys()), "counts": counts})
    if standing.round == 0:
        view["early"] = len(standing.answers[1])
    if standing.round and not standing.open:
        last = standing.answers[standing.round]
        share = sum(choice == vote.right for choice in last.values()) / len(last) if last else None
        advice = "" if share is None else advise(share)
        if standing.round == 2 and share is not None and share <= 2 / 3:
            advice = "explain again"  # there's no third round
        view["ask"] = {"advice": advice, "question": vote.ask_back}
    if standing.round == 2 and not standing.open and standing.revealed:
        view["change"] = change(standing, vote)
    return view


def count(answers: dict[str, int], vote: LessonVote) -> list[int]:
    """How many chose each option."""
    counts = Counter(answers.values())
    return [counts[number] for number in range(len(vote.options))]


def change(standing: Standing, vote: LessonVote) -> dict[str, int]:
    """What the second round changed, of those who answered both."""
    first, second = standing.answers[1], standing.answers[2]
    moves = Counter((first[each] == vote.right, second[each] == vote.right) for each in first.keys() & second.keys())
    kept, gained, lost = moves[True, True], moves[False, True], moves[True, False]
    return {"both": moves.total(), "kept": kept, "gained": gained, "lost": lost, "wrong": moves[False, False]}


def view_exercise(state: State, exercise: str, notebooks: Collection[str]) -> dict[str, Any]:
    """How an exercise goes: the last verdict of each learner counts."""
    last = {learner: runs[-1] for learner, runs in state.runs[exercise].items()}
    wrong = Counter(run.failure or "" for run in last.values() if not run.passed)
    return {
        "exercise": exercise,
        "passed": sum(run.passed for run in last.values()),
        "failures": [
            {"failure": failure, "title": titles().get(failure, ""), "learners": learners}
            for failure, learners in wrong.most_common()
        ],
        "not_run": len(set(notebooks) - last.keys()),
    }
