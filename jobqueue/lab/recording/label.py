"""A ticket's label: a few letters by which you tell one job from another, such as the 3 of "letter 3"."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from jobqueue.job import decode_body

LETTERS = 4  # there's room for no more
#: Fields that all jobs of a kind have in common, or that say nothing about which job it is.
COMMON = frozenset({"attempt", "id", "seconds", "pace", "pages", "fails", "key", "source"})

_read = msgspec.json.Decoder().decode


@lru_cache(4096)
def label_ticket(body: str) -> str:
    """The label of the kit's own ticket: of its payload, or else its task's name."""
    try:
        read = decode_body(body)
    except (msgspec.MsgspecError, UnicodeError):
        return ""
    return next(filter(None, [*_labels(read.payload), _short(read.task)]), "")


@lru_cache(4096)
def label_fields(fields: tuple[str, ...]) -> str:
    """The label of an entry that was added without the kit: `fields` are its names and values, in turn."""
    return next(filter(None, _labels(dict(zip(fields[::2], fields[1::2], strict=False)))), "")


def _labels(content: Any) -> Iterator[str]:
    """Labels that would do, the best first. (A letter is best told by the person it goes to.)"""
    if not isinstance(content, dict):
        yield _short(content)
        return
    for name in sorted(content, key=lambda name: name != "to"):
        if name == "payload" and isinstance(content[name], str):
            try:
                yield from _labels(_read(content[name]))
            except (msgspec.MsgspecError, UnicodeError):
                yield _short(content[name])
        elif name not in COMMON:
            yield _short(content[name])


def _short(value: object) -> str:
    """Its last word, if that's short enough."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    words = re.findall(r"\w+", str(value))
    return words[-1] if words and len(words[-1]) <= LETTERS else ""
