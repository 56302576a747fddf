"""The course in an installed wheel, and a copy of it in which a learner works.

A file that a learner has changed is never overwritten. `.course.json` in the copy has a hash of each file as it was
put there, so we can tell.
"""

import hashlib
import os
from collections.abc import Iterator
from importlib import metadata
from itertools import chain, count
from pathlib import Path

import msgspec

#: The course in a checkout, and in an editable install, which is one.
CHECKOUT = Path(__file__).parents[3] / "notebooks"

#: The course in a wheel.
SHIPPED = Path(__file__).with_name("notebooks")

#: A learner's copy, in the current folder, if they named no other.
OWN = "jobqueue-notebooks"

NOTES = ".course.json"


def course() -> Path:
    """The course as it comes. Don't work in it, unless it's a checkout's."""
    return SHIPPED if SHIPPED.is_dir() else CHECKOUT


def is_checkout() -> bool:
    return course() == CHECKOUT


def lay_out(folder: Path, course: Path) -> list[str]:
    """Bring `folder` up to date with `course`. Returns the names of new versions next to changed files.

    A missing file is added, and an unchanged one is replaced. A changed one stays, and a newer version is put next to
    it, once, because a learner may change or delete that one too. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    notes, newer = _read_notes(folder), []
    for name in _files(course):
        new = (course / name).read_bytes()
        mark, before = _hash(new), notes.get(name)
        now = _hash_of(folder / name)
        if now in (None, before):
            if now != mark:
                _put(folder / name, new)
        elif mark not in (now, before):
            other = _newer_name(folder, Path(name), notes)
            _put(folder / other, new)
            notes[other] = mark
            newer.append(other)
        notes[name] = mark
    _put(folder / NOTES, msgspec.json.encode(notes))
    return newer


def _files(course: Path) -> Iterator[str]:
    for path in sorted(course.rglob("*")):
        name = path.relative_to(course)
        if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
            yield str(name)


def _read_notes(folder: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode((folder / NOTES).read_bytes(), type=dict[str, str])
    except (FileNotFoundError, ValueError):  # then every file that differs counts as changed
        return {}


def _hash_of(path: Path) -> str | None:
    return _hash(path.read_bytes()) if path.exists() else None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _newer_name(folder: Path, name: Path, notes: dict[str, str]) -> str:
    """A name for a newer version of `name` that is free, or whose file is unchanged."""
    version = metadata.version("jobqueue-kit")  # a course may change without a new version
    turns = chain([version], (f"{version}.{turn}" for turn in count(2)))
    names = (str(name.with_name(f"{name.stem}.{turn}{name.suffix}")) for turn in turns)
    return next(other for other in names if _hash_of(folder / other) in (None, notes.get(other)))


def _put(path: Path, content: bytes) -> None:
    """Write the file whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)
