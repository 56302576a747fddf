"""The course as it comes, in a wheel or a checkout, and the copy of it in which a learner works.

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

#: The name of a learner's copy, if they named no other.
OWN = "jobqueue-notebooks"

NOTES = ".course.json"

#: The course's files. What else may be next to a checkout's notebooks is somebody's own: their votes, for instance.
KINDS = (".ipynb", ".md")


def course() -> Path:
    """The course as it comes. No learner works in it: an upgrade would replace their work, and git would list it."""
    return SHIPPED if SHIPPED.is_dir() else CHECKOUT


def own_folder() -> Path:
    """The learner's copy: the current folder if it is one; else one in the checkout, or from a wheel one right here."""
    if Path(NOTES).is_file():
        return Path.cwd()
    return CHECKOUT.with_name(OWN) if course() == CHECKOUT else Path(OWN)


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


def put_back(folder: Path, course: Path, name: str) -> str | None:
    """Make the file `name` of a copy as it was shipped. Returns the new name of the learner's version, None if the file
    was missing or as shipped already. Raises OSError."""
    new, kept = (course / name).read_bytes(), None
    if (folder / name).exists() and _hash_of(folder / name) != _hash(new):
        kept = _free_name(folder, Path(name))
        _put(folder / kept, (folder / name).read_bytes())  # before anything is overwritten
    _put(folder / name, new)
    _put(folder / NOTES, msgspec.json.encode(_read_notes(folder) | {name: _hash(new)}))
    return kept


def lessons(course: Path, word: str) -> list[str]:
    """The files of the course that `word` names: 03, 03-reaper, 03-reaper.ipynb or solutions/03."""
    path = Path(word)
    start = path.name.zfill(2) if path.name.isdecimal() else path.name
    names = [name for name in map(Path, _files(course)) if name.parent == path.parent]
    return [str(name) for name in names if start in (name.name, name.stem) or name.name.startswith(f"{start}-")]


def _free_name(folder: Path, name: Path) -> str:
    turns = chain(["mine"], (f"mine.{turn}" for turn in count(2)))
    names = (str(name.with_name(f"{name.stem}.{turn}{name.suffix}")) for turn in turns)
    return next(name for name in names if not (folder / name).exists())


def _files(course: Path) -> Iterator[str]:
    for path in sorted(course.rglob("*")):
        name = path.relative_to(course)
        if path.suffix in KINDS and path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
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
