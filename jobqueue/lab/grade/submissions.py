"""Submitted notebooks, read and not run: whose each is, which exercises are in it, and which cells they need."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from jobqueue.lab.course.shelf import course
from jobqueue.lab.own.keep import checkers

#: The file in a runner's folder with its Submission.
SUBMISSION = "submission.json"

#: A file that's larger is no notebook of this course, with all its outputs.
LARGEST = 50_000_000  # bytes


class Exercise(msgspec.Struct, frozen=True):
    """An exercise in a notebook.

    Attributes:
        checker: its name, "reaper".
        piece: the name of the function that's judged, "reap_stale_jobs".
        stop: run the cells before this one. It's where the notebook has its last version of the function checked.
        cells: the numbers of cells that define the function.
    """

    checker: str
    piece: str
    stop: int
    cells: tuple[int, ...] = ()


class Submission(msgspec.Struct, frozen=True):
    """A notebook of one learner. `problem` says why it can't be run; "" if it can."""

    learner: str
    path: str
    cells: tuple[str, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    problem: str = ""


def submissions(folder: Path) -> Iterator[Submission]:
    """Read the notebooks in `folder`, and those in a folder per learner."""
    for path in sorted(folder.absolute().rglob("*.ipynb")):
        inside = path.relative_to(folder.absolute())
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            learner = inside.parts[0] if len(inside.parts) > 1 else _learner(inside.stem)
            yield _read(learner, path)


def lesson(checker: str) -> str:
    """The lesson that has this exercise, "03-reaper"."""
    return next(one.lesson for one in checkers().values() if one.name == checker).partition(" ")[0]


def _learner(stem: str) -> str:
    """The name of a learner in a file's name, which may have the lesson's in it: "ada-03-reaper" is of "ada"."""
    for name in sorted((path.stem for path in course().glob("*.ipynb")), key=len, reverse=True):
        if name in stem and (rest := stem.replace(name, "", 1).strip(" -_.+")):
            return rest
    return stem


def _read(learner: str, path: Path) -> Submission:
    try:
        if path.stat().st_size > LARGEST:
            return Submission(learner, str(path), problem=f"larger than {LARGEST // 10**6} MB")
        cells = tuple(_code(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Submission(learner, str(path), problem=f"no notebook that can be read: {type(error).__name__}: {error}")
    exercises = tuple(_exercises(cells))
    return Submission(learner, str(path), cells, exercises, "" if exercises else "no check of an exercise in it")


def _code(notebook: Any) -> Iterator[str]:
    """The sources of the code cells."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = cell["source"]
            yield source if isinstance(source, str) else "".join(source)


def _exercises(cells: tuple[str, ...]) -> Iterator[Exercise]:
    """The exercises whose checkers the notebook calls."""
    for piece, checker in checkers().items():
        checks = [at for at, cell in enumerate(cells) if re.search(rf"\bcheck\.{checker.name}\b", cell)]
        if checks:
            gives = re.compile(rf"^(?:async +)?def +{piece}\b|^{piece}\s*(?::[^=\n]+)?=(?!=)(?!.*carry_on)", re.M)
            defined = tuple(at for at, cell in enumerate(cells) if gives.search(cell))
            last = defined[-1] if defined else -1
            stop = next((at for at in checks if at > last), len(cells))
            yield Exercise(checker.name, piece, stop, defined)
