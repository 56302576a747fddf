"""Redis's content in a picture: each stream as a shelf of entries, with its PEL below."""

import itertools
from dataclasses import dataclass

from jobqueue.explorer.engine.replay import Frame
from jobqueue.explorer.redis_seam.content import Stream
from jobqueue.explorer.report.names import Names

#: Entries of a stream, and rows of a PEL, that are drawn.
MOST = 7


@dataclass(frozen=True)
class Chip:
    """A label, such as "e1 job 7 try 2" for an entry, or "e1 worker · 40 s" for a row of a PEL.

    pending: the entry is in a PEL. gone: the row's entry is no longer in the stream.
    """

    label: str
    pending: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Shelf:
    """A stream in a picture: its entries and its PEL, at most MOST of each, and how many more there are."""

    entries: tuple[Chip, ...] = ()
    pel: tuple[Chip, ...] = ()


def shelve(frame: Frame, names: Names, streams: dict[str, bool]) -> tuple[dict[str, Shelf], tuple[str, ...]]:
    """A shelf for each of `streams`, and a line for each other key."""
    shelves = {name: _shelf(frame.content.streams.get(name), names) for name in streams}
    other = [
        names.shorten(f"{key} = {_brief(value)}")
        for key, value in frame.content.keys.items()
        if not isinstance(value, Stream)
    ]
    return shelves, tuple(other)


def _shelf(stream: Stream | None, names: Names) -> Shelf:
    if stream is None:
        return Shelf()
    rows = {row.id: row for group in stream.groups.values() for row in group.pending}
    entries = []
    for entry_id, fields in itertools.islice(stream.entries.items(), MOST):
        label = " ".join([names.shorten(entry_id), *_labels(fields)])
        entries.append(Chip(label, pending=entry_id in rows))
    pel = []
    for entry_id, row in itertools.islice(rows.items(), MOST):
        label = f"{names.shorten(entry_id)} {row.consumer} · {row.idle} s"
        pel.append(Chip(label, pending=True, gone=entry_id not in stream.entries))
    return Shelf(_and_more(entries, len(stream.entries)), _and_more(pel, len(rows)))


def _and_more(chips: list[Chip], total: int) -> tuple[Chip, ...]:
    return tuple(chips) if total <= MOST else (*chips, Chip(f"and {total - MOST} more"))


def _labels(fields: dict[str, str]) -> list[str]:
    """The job and its attempt, or the beginning of the fields if the entry is no job."""
    job = f"job {fields['id']}" if "id" in fields else " ".join(f"{k}={v}" for k, v in fields.items())[:16]
    return [job, f"try {fields['attempt']}"] if fields.get("attempt", "1") != "1" else [job]


def _brief(value: object) -> str:
    """The value of a key in at most 40 characters."""
    if isinstance(value, dict):
        value = " ".join(f"{name}:{item}" for name, item in value.items())
    words = " ".join(map(str, value)) if isinstance(value, list | set) else str(value)
    return words if len(words) <= 40 else words[:39] + "…"
