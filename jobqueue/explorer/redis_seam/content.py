"""Redis's content, for invariants and pictures, and for the search to tell states apart.

Idle times and TTLs are whole seconds, because the server's clock is real, ours is virtual, and a schedule takes
milliseconds.
"""

import marshal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, TypeAlias

from jobqueue.explorer.record import Effect, Reply

#: Bytes of a fingerprint.
WIDTH = 16

#: A row of a PEL: (key, group, id, consumer, idle in whole seconds, deliveries, is the entry still there).
PelRow: TypeAlias = tuple[bytes, bytes, bytes, bytes, int, int, bool]


@dataclass(frozen=True)
class Pending:
    """A row of a group's PEL. `idle` is in whole seconds."""

    id: str
    consumer: str
    idle: int
    deliveries: int


@dataclass(frozen=True)
class Group:
    """A consumer group: the last id delivered, and its PEL, oldest id first."""

    last_delivered: str
    pending: tuple[Pending, ...]
    consumers: tuple[str, ...]


@dataclass(frozen=True)
class Stream:
    """A stream's entries, `{id: fields}` in order, and its groups by name."""

    entries: dict[str, dict[str, str]]
    groups: dict[str, Group]

    def waiting(self, group: str) -> dict[str, dict[str, str]]:
        """The entries not yet delivered to `group`; all of them, if there is no such group."""
        if group not in self.groups:
            return self.entries
        last = _order(self.groups[group].last_delivered)
        return {id: fields for id, fields in self.entries.items() if _order(id) > last}


class Content:
    """All of Redis, as one snapshot read it."""

    def __init__(self, raw: list[Reply]):
        self.now_ms, self.raw = raw

    @cached_property
    def keys(self) -> dict[str, Any]:
        """Every key, by name: a Stream, str, list, set, or dict (hash; sorted set, member to score)."""
        return {text(key): _value(text(kind), value, self.now_ms) for key, kind, _, value in self.raw}

    @cached_property
    def streams(self) -> dict[str, Stream]:
        """The keys that are streams."""
        return {key: value for key, value in self.keys.items() if isinstance(value, Stream)}

    @cached_property
    def expiring(self) -> dict[bytes, int]:
        """Seconds to live, rounded up, of the keys that expire."""
        return {key: -(-ttl // 1000) for key, _, ttl, _ in self.raw if ttl >= 0}

    def rows(self) -> Iterator[PelRow]:
        """The rows of all PELs."""
        for key, kind, _, value in self.raw:
            if kind != b"stream":
                continue
            stream = pairs(value)
            alive = {entry[0] for entry in stream[b"entries"]}
            for group in map(pairs, stream[b"groups"]):
                for id, consumer, delivered, deliveries in group[b"pending"]:
                    idle = max(0, self.now_ms - delivered) // 1000
                    yield key, group[b"name"], id, consumer, idle, deliveries, id in alive

    @cached_property
    def digest(self) -> bytes:
        """A fingerprint, equal for equal content. How long ago a consumer spoke is left out, as that clock is real."""
        return digest([(key, kind, -(-ttl // 1000), self._normal(kind, value)) for key, kind, ttl, value in self.raw])

    def _normal(self, kind: bytes, value: Reply) -> object:
        if kind == b"set":
            return sorted(value)
        if kind == b"hash":  # a large one has an order that each server chooses for itself
            return sorted(zip(value[::2], value[1::2], strict=True))
        if kind != b"stream":
            return value
        stream = pairs(value)
        groups = []
        for group in map(pairs, stream[b"groups"]):
            pending = [(row[0], row[1], max(0, self.now_ms - row[2]) // 1000, row[3]) for row in group[b"pending"]]
            consumers = [row[1] for row in group[b"consumers"]]
            groups.append((group[b"name"], group[b"last-delivered-id"], group[b"entries-read"], pending, consumers))
        kept = (b"last-generated-id", b"max-deleted-entry-id", b"entries-added", b"entries")
        return [stream[name] for name in kept], groups


@dataclass(frozen=True)
class View:
    """The world as an invariant sees it.

    Attributes:
        content: Redis now.
        start: Redis after `setup`.
        effects: those that the programs, setup and finish recorded, in order: tuples such as ("ran", "7").
        outcomes: by program: "ended", "crashed", "running", or "raised …".
        now: virtual seconds since the schedule began.
        faults: those that have struck, sorted, with repetition: ("crash", "lose_reply").
    """

    content: Content
    start: Content
    effects: tuple[Effect, ...]
    outcomes: dict[str, str]
    now: float
    faults: tuple[str, ...] = ()


def digest(value: Any) -> bytes:
    """A short fingerprint of nested lists, tuples, bytes, strings and numbers.

    marshal writes it in version 2, because later ones have references, which would tell equal values apart.
    """
    return blake2b(marshal.dumps(value, 2), digest_size=WIDTH).digest()


def pairs(flat: list[Reply]) -> dict[bytes, Reply]:
    """{b"name": value} of a reply that lists names and values in turn."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def text(data: object) -> str:
    return data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else str(data)


def _order(id: str) -> tuple[int, int]:
    milliseconds, _, sequence = id.partition("-")
    return int(milliseconds), int(sequence or 0)


def _value(kind: str, value: Reply, now_ms: int) -> object:
    if kind == "stream":
        return _stream(pairs(value), now_ms)
    if kind == "string":
        return text(value)
    if kind == "list":
        return [text(item) for item in value]
    if kind == "set":
        return {text(item) for item in value}
    if kind == "zset":
        return {text(member): float(score) for member, score in pairs(value).items()}
    return {text(name): text(field) for name, field in pairs(value).items()}


def _stream(stream: dict[bytes, Reply], now_ms: int) -> Stream:
    groups: dict[str, Group] = {}
    for group in map(pairs, stream[b"groups"]):
        groups[text(group[b"name"])] = Group(
            last_delivered=text(group[b"last-delivered-id"]),
            pending=tuple(
                Pending(text(id), text(consumer), max(0, now_ms - delivered) // 1000, deliveries)
                for id, consumer, delivered, deliveries in group[b"pending"]
            ),
            consumers=tuple(text(consumer[1]) for consumer in group[b"consumers"]),
        )
    entries = {text(id): {text(k): text(v) for k, v in pairs(fields).items()} for id, fields in stream[b"entries"]}
    return Stream(entries, groups)
