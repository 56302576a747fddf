"""Grades: the outcome of each exercise for each learner, as a table, and as files that other tools read."""

import csv
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from jobqueue.lab.check import catalogue
from jobqueue.lab.grade.submissions import lesson
from jobqueue.printable import printable

PASSED, NOT_PASSED, NOT_RUN = "passed", "not passed", "not run"

STYLES = {PASSED: "green3", NOT_PASSED: "bold", NOT_RUN: "dim"}

#: The columns of `nbgrader export`, in its order. We know neither people's names nor due dates: those stay empty.
NBGRADER = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
NBGRADER += ["raw_score", "late_submission_penalty", "score", "max_score"]


class Grade(msgspec.Struct):
    """The outcome of one exercise for one learner.

    Attributes:
        result: PASSED, NOT_PASSED, or NOT_RUN, for which `error` says why, in one line.
        failure, bug: the wrong idea of a function that didn't pass: its id in the catalogue, and its name; else "".
        seconds: how long the check took.
    """

    learner: str
    exercise: str
    result: str
    failure: str = ""
    bug: str = ""
    seconds: float = 0.0
    error: str = ""

    @property
    def reason(self) -> str:
        """Why it didn't pass, in a few words; "" if it did."""
        known = f" · {catalogue.name(self.failure)}" if self.failure else ""
        return self.error or f"{self.bug}{known}"


def complete(grades: Iterable[Grade]) -> list[Grade]:
    """Sort the grades: a row per learner and exercise. Of two notebooks with one exercise, the better one counts."""
    worst_first = sorted(grades, key=lambda each: [NOT_RUN, NOT_PASSED, PASSED].index(each.result))
    best = {(each.learner, each.exercise): each for each in worst_first}
    exercises = sorted({exercise for _, exercise in best if exercise}, key=lesson) or [""]
    return [
        _of(learner, exercise, best) for learner in sorted({learner for learner, _ in best}) for exercise in exercises
    ]


def _of(learner: str, exercise: str, best: dict[tuple[str, str], Grade]) -> Grade:
    if (learner, exercise) in best:
        return best[learner, exercise]
    unread = best.get((learner, ""))  # a notebook of theirs in which no exercise is known
    return Grade(learner, exercise, NOT_RUN, error=unread.error if unread else "no notebook with this exercise")


def table(grades: Sequence[Grade]) -> Table:
    """The grades for a terminal."""
    result = Table("learner", "exercise", "result", "s", "why", box=None, pad_edge=False)
    for grade in grades:
        seconds = f"{grade.seconds:.1f}" if grade.seconds else ""
        words = [grade.learner, grade.exercise, grade.result, seconds, grade.reason]
        result.add_row(*(Text(printable(word), STYLES[grade.result]) for word in words))
    return result


def write_csv(grades: Sequence[Grade], path: Path) -> None:
    """Write a row per grade. Raises OSError."""
    _write(path, list(Grade.__struct_fields__), (msgspec.structs.asdict(grade) for grade in grades))


def write_nbgrader(grades: Sequence[Grade], path: Path) -> None:
    """Write a CSV as `nbgrader export` does: an assignment per lesson, 1 point for a pass. Raises OSError."""
    rows = (
        {"assignment": lesson(grade.exercise), "student_id": grade.learner, "late_submission_penalty": 0.0}
        | dict.fromkeys(("raw_score", "score"), _score(grade))
        | {"max_score": 1.0}
        for grade in grades
        if grade.exercise
    )
    _write(path, NBGRADER, rows)


def write_otter(grades: Sequence[Grade], folder: Path) -> None:
    """Write LEARNER.json, as otter-grader writes results for Gradescope, for each learner. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for learner in sorted({grade.learner for grade in grades}):
        own = [grade for grade in grades if grade.learner == learner and grade.exercise]
        results = {"score": sum(map(_score, own)), "tests": [_test(grade) for grade in own]}
        name = re.sub(r"[^\w.@+-]", "_", learner).lstrip(".") or "_"
        (folder / f"{name}.json").write_text(json.dumps(results, indent=1), encoding="utf-8")


def _test(grade: Grade) -> dict[str, Any]:
    return {
        "name": f"{lesson(grade.exercise)} · {grade.exercise}",
        "score": _score(grade),
        "max_score": 1.0,
        "status": "passed" if grade.result == PASSED else "failed",
        "visibility": "visible",
        "output": printable(grade.reason or grade.result),
    }


def _score(grade: Grade) -> float:
    return float(grade.result == PASSED)


def _write(path: Path, columns: list[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows({name: _safe(value) for name, value in row.items()} for row in rows)


def _safe(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula: a learner's error may begin like one."""
    text = printable(value) if isinstance(value, str) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@")) else text
