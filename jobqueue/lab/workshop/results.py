"""How a workshop went: each vote before and after, each exercise, and the wrong ideas that stayed. As data and as CSV.

Learners are numbers here, and names if they gave them. Their ids stay in the workshop's file.
"""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from jobqueue.lab.check.catalogue import titles
from jobqueue.lab.workshop.events import Judged
from jobqueue.lab.workshop.plan import LessonPlan, LessonVote
from jobqueue.lab.workshop.state import Standing, State
from jobqueue.lab.workshop.views import change, count

COLUMNS = ["learner", "name", "lesson", "kind", "item", "round or run", "answer", "right", "failure", "seconds", "at"]


def sum_up(state: State, plan: Collection[LessonPlan], earlier: Collection[State] = ()) -> dict[str, Any]:
    """All figures of the page /how-it-went. Of earlier classes it only has how many were right."""
    return {
        "learners": _sum_up_learners(state),
        "votes": [
            _sum_up_vote(lesson, vote, standing) | {"earlier": _sum_up_earlier(vote, earlier)}
            for lesson in plan
            for vote in lesson.votes
            if any((standing := state.standing[vote.vote]).answers.values())
        ],
        "exercises": [
            _sum_up_exercise(lesson, list(runs.values()))
            for lesson in plan
            if lesson.exercise and (runs := state.runs[lesson.exercise])
        ],
    }


def write_csv(state: State, plan: Collection[LessonPlan]) -> str:
    """One row per answer and per run of a check."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_unformula(cell) for cell in row] for row in _rows(state, plan))
    return text.getvalue()


def _sum_up_vote(lesson: LessonPlan, vote: LessonVote, standing: Standing) -> dict[str, Any]:
    rounds: dict[int, dict[str, Any]] = {}
    for number, answers in standing.answers.items():
        counts = count(answers, vote)
        rounds[number] = {"voted": len(answers), "right": counts[vote.right], "counts": counts}
    last = rounds[2] if standing.answers[2] else rounds[1]
    wrong = [0 if number == vote.right else votes for number, votes in enumerate(last["counts"])]
    return {
        "lesson": lesson.number,
        "vote": vote.vote,
        "question": vote.question,
        "options": vote.options,
        "right": vote.right,
        "before": rounds[1],
        "after": rounds[2] if standing.answers[2] else None,
        "change": change(standing, vote) if standing.answers[2] else None,
        "stayed": {"option": wrong.index(max(wrong)), "learners": max(wrong)} if any(wrong) else None,
        "wrong_idea": vote.wrong_idea,
    }


def _sum_up_earlier(vote: LessonVote, earlier: Collection[State]) -> dict[str, Any]:
    """How many were right before and after, in all earlier classes together that had this vote."""
    standings = [state.standing[vote.vote] for state in earlier]
    rounds = {number: [each.answers[number] for each in standings if each.answers[number]] for number in (1, 2)}
    sums = {
        number: {
            "voted": sum(map(len, answers)),
            "right": sum(choice == vote.right for each in answers for choice in each.values()),
        }
        for number, answers in rounds.items()
    }
    return {"classes": len(rounds[1]), "before": sums[1], "after": sums[2]}


def _sum_up_learners(state: State) -> list[dict[str, Any]]:
    """A row per learner who did something, in the order in which they came."""
    rows: dict[str, dict[str, Any]] = {
        learner: {"number": known.number, "name": known.name, "votes": 0, "right": 0, "passed": []}
        for learner, known in state.learners.items()
    }
    for vote, standing in state.standing.items():
        for answers in standing.answers.values():
            for learner, choice in answers.items():
                rows[learner]["votes"] += 1
                rows[learner]["right"] += vote in state.votes and choice == state.votes[vote].right
    for exercise, runs in state.runs.items():
        for learner, verdicts in runs.items():
            rows[learner]["passed"] += [exercise] * verdicts[-1].passed
    return [row for row in rows.values() if row["votes"] or row["passed"]]


def _sum_up_exercise(lesson: LessonPlan, runs: list[list[Judged]]) -> dict[str, Any]:
    return {
        "lesson": lesson.number,
        "exercise": lesson.exercise,
        "learners": len(runs),
        "runs": sum(map(len, runs)),
        "passed_first": sum(each[0].passed for each in runs),
        "passed": sum(each[-1].passed for each in runs),
        "first": _name_failures(each[0] for each in runs),
        "stayed": _name_failures(each[-1] for each in runs),
    }


def _name_failures(verdicts: Iterator[Judged]) -> list[dict[str, Any]]:
    failures = Counter(verdict.failure or "" for verdict in verdicts if not verdict.passed)
    return [
        {"failure": failure, "title": titles().get(failure, ""), "learners": learners}
        for failure, learners in failures.most_common()
    ]


def _rows(state: State, plan: Collection[LessonPlan]) -> Iterator[list[Any]]:
    for lesson in plan:
        for vote in lesson.votes:
            for number, answers in state.standing[vote.vote].answers.items():
                for learner, choice in answers.items():
                    letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[choice]
                    row = [lesson.number, "vote", vote.vote, number, letter, choice == vote.right, "", "", ""]
                    yield [*_identify(state, learner), *row]
        for learner, runs in state.runs[lesson.exercise].items():
            for number, run in enumerate(runs, 1):
                row = [lesson.number, "exercise", lesson.exercise, number, "", run.passed, run.failure or ""]
                at = datetime.fromtimestamp(run.at, UTC).isoformat(timespec="seconds")
                yield [*_identify(state, learner), *row, run.seconds, at]


def _identify(state: State, learner: str) -> tuple[int, str]:
    known = state.learners[learner]
    return known.number, known.name


def _unformula(cell: Any) -> Any:
    """A cell that a spreadsheet takes for text: a learner may call themselves =HYPERLINK(…)."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell
