"""The course as an installed wheel has it, and a copy of it that a learner owns, and works in.

What a learner has changed is never overwritten. Which files they have changed is known from `.course.json` in the
copy: what each file was when it was put there.
"""

import hashlib
import os
from collections.abc import Iterator
from importlib import metadata
from itertools import chain, count
from pathlib import Path

import msgspec

#: Where the course stands in a checkout, and in an editable install, which is one.
CHECKOUT = Path(__file__).parents[2] / "notebooks"

#: Where a wheel has it.
SHIPPED = Path(__file__).with_name("course")

#: A learner's own, in the folder where they typed the command, if they named no other.
OWN = "jobqueue-notebooks"

NOTES = ".course.json"


def course() -> Path:
    """The course as it comes: not to be worked in, unless it is a checkout's."""
    return SHIPPED if SHIPPED.is_dir() else CHECKOUT


def is_checkout() -> bool:
    return course() == CHECKOUT


def lay_out(folder: Path, course: Path) -> list[str]:
    """Bring `folder` up to date with `course`; returns the names of new versions that stand beside changed files.

    A file that is not there is put there; one that is as it was put there is replaced; one that was changed stays, and
    a newer version of it is put beside it, once: that one may be changed, or thrown away, too. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    notes, beside = _noted(folder), []
    for name in _files(course):
        new = (course / name).read_bytes()
        mark, before = _mark(new), notes.get(name)
        there = _there(folder / name)
        if there in (None, before):
            if there != mark:
                _put(folder / name, new)
        elif mark not in (there, before):
            other = _beside(folder, Path(name), notes)
            _put(folder / other, new)
            notes[other] = mark
            beside.append(other)
        notes[name] = mark
    _put(folder / NOTES, msgspec.json.encode(notes))
    return beside


def _files(course: Path) -> Iterator[str]:
    for path in sorted(course.rglob("*")):
        name = path.relative_to(course)
        if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
            yield str(name)


def _noted(folder: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode((folder / NOTES).read_bytes(), type=dict[str, str])
    except (FileNotFoundError, ValueError):  # then every file that differs counts as changed
        return {}


def _there(path: Path) -> str | None:
    return _mark(path.read_bytes()) if path.exists() else None


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _beside(folder: Path, name: Path, notes: dict[str, str]) -> str:
    """A name for a newer version of `name` that is free, or whose content is as it was put there."""
    version = metadata.version("jobqueue-kit")  # a course may change, and this stay the same
    turns = chain([version], (f"{version}.{turn}" for turn in count(2)))
    names = (str(name.with_name(f"{name.stem}.{turn}{name.suffix}")) for turn in turns)
    return next(other for other in names if _there(folder / other) in (None, notes.get(other)))


def _put(path: Path, content: bytes) -> None:
    """Whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)
