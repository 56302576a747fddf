"""my_queue.py: plain Python, a section per piece. The learner may write anything around the sections, and in them.

    # ---- reap_stale_jobs · check.reaper: 846 schedules, 641 states, 0 lost, some doubled · 3f2a91
    …
    # ---- end of reap_stale_jobs

The last word is a hash of the section as it was written, so we can tell whether it was edited.
"""

import ast
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from jobqueue.lab.own.statements import parse

NAME = "my_queue.py"

HEAD = '"""My own queue: functions of mine that passed their checkers. `keep` in the lessons puts them here."""\n'

#: What becomes of a file that can't be used.
LEFT = "It stays as it is. Mend it, or move it away."

_SECTION = re.compile(r"^# ---- (\w+) · (.*) · ([0-9a-f]{6})\n(.*?)^# ---- end of \1$\n?", re.M | re.S)


class NotWritten(Exception):
    """Raised with a sentence that says why the file stays as it was."""


@dataclass(frozen=True)
class Section:
    """One piece in the file: its name, a note on its check, its text, and where the section stands."""

    name: str
    note: str
    text: str
    is_edited: bool = False
    span: tuple[int, int] = (0, 0)


def sections(content: str) -> dict[str, Section]:
    """The pieces in the file's content, by name."""
    matches = _SECTION.finditer(content)
    return {each[1]: Section(each[1], each[2], each[4], _hash(each[4]) != each[3], each.span()) for each in matches}


def read(path: Path) -> str:
    """The file's content; "" if there's none. Raises NotWritten if it's no Python."""
    try:
        content = path.read_text(encoding="utf-8")
        ast.parse(content)
    except FileNotFoundError:
        return ""
    except SyntaxError as error:
        raise NotWritten(f"{path.name} isn't Python (line {error.lineno}: {error.msg}). {LEFT}") from None
    except ValueError:
        raise NotWritten(f"{path.name} isn't a text file. {LEFT}") from None
    except OSError as error:
        raise NotWritten(f"{path.name} can't be read: {error.strerror}. {LEFT}") from None
    return content


def write(path: Path, new: Section) -> Path | None:
    """Put `new` into the file, in place of the section that has its name.

    Returns the copy of the file as it was, if the learner had edited that section, else None. Raises NotWritten, also
    if the file gives one of the section's names another meaning.
    """
    content = read(path) or HEAD
    old = sections(content).get(new.name)
    start, end = old.span if old else (len(content), len(content))
    if clash := next(_clashes(new.text, content[:start] + content[end:]), None):
        raise NotWritten(
            f"{path.name} has another `{clash}` already, so nothing was kept. Rename one, then check yours again."
        )
    copy = _free_name(path) if old and old.is_edited else None
    gap = "" if old else "\n\n" if content.endswith("\n") else "\n\n\n"
    section = f"# ---- {new.name} · {new.note} · {_hash(new.text)}\n{new.text}# ---- end of {new.name}\n"
    try:
        if copy:
            copy.write_text(content, encoding="utf-8")
        _replace(path, content[:start] + gap + section + content[end:])
    except OSError as error:
        raise NotWritten(f"{path.name} can't be written: {error.strerror}. Nothing was kept.") from None
    return copy


def _clashes(text: str, others: str) -> Iterator[str]:
    """Names that `text` defines, and `others` define differently."""
    there = {name: ast.dump(each.node) for each in parse(others) for name in each.names}
    for each in parse(text):
        yield from (name for name in each.names if there.get(name, ast.dump(each.node)) != ast.dump(each.node))


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}.before{turn if turn > 1 else ''}.py") for turn in count(1))
    return next(name for name in names if not name.exists())


def _replace(path: Path, content: str) -> None:
    """Write the file whole, or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(content, encoding="utf-8")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
