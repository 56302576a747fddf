"""Frames and events, kept for as long as a world lasts: compressed, all but the last, and no more than so many."""

import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from jobqueue.lab.journal import Event
from jobqueue.lab.live.frame import NOTHING

FRAMES_KEPT = 2000  # over three minutes of them; then every other one is forgotten
BLOCK = 1000  # events that are compressed together
BLOCKS_KEPT = 200  # about 3 MB; then the oldest are forgotten
EVENTS_A_FRAME = 200

_pack = msgspec.msgpack.Encoder().encode
_unpack_frame = msgspec.msgpack.Decoder(dict).decode
_unpack_events = msgspec.msgpack.Decoder(list[Event]).decode


class Events:
    """Events in the order in which they became known, each with its number, from `first`, if the oldest are gone."""

    def __init__(self, first: int = 0):
        self.first = first
        self._blocks: deque[bytes] = deque()
        self._rest: list[Event] = []
        self._seen: tuple[int, list[Event]] = (-1, [])  # the block unpacked last, and its number

    def __len__(self) -> int:
        return BLOCK * len(self._blocks) + len(self._rest)

    def __iter__(self) -> Iterator[Event]:
        for start in range(self.first, self.end, BLOCK):
            yield from self.between(start, start + BLOCK)

    @property
    def end(self) -> int:
        """The number of the next one."""
        return self.first + len(self)

    def extend(self, events: Iterable[Event]) -> None:
        self._rest += events
        while len(self._rest) >= BLOCK:
            self._blocks.append(zlib.compress(_pack(self._rest[:BLOCK]), 1))
            del self._rest[:BLOCK]
            if len(self._blocks) > BLOCKS_KEPT:
                self._blocks.popleft()
                self.first += BLOCK

    def between(self, start: int, end: int) -> list[Event]:
        """Those of them that are still there."""
        found: list[Event] = []
        start, end = max(start, self.first) - self.first, min(end, self.end) - self.first
        for number in range(start // BLOCK, -(-end // BLOCK)):
            found += self._block(number)[max(0, start - BLOCK * number) : end - BLOCK * number]
        return found

    def copy(self) -> "Events":
        other = Events(self.first)
        other._blocks, other._rest = self._blocks.copy(), self._rest.copy()
        return other

    def _block(self, number: int) -> list[Event]:
        if number == len(self._blocks):
            return self._rest
        name = self.first + BLOCK * number
        if self._seen[0] != name:
            self._seen = name, _unpack_events(zlib.decompress(self._blocks[number]))
        return self._seen[1]


class Reel(Sequence[dict]):
    """Frames, oldest first. Each has the events since the one before it that is still there: 200 at most, the newest.

    Args:
        kept: frames; beyond them every other one is forgotten.
    """

    def __init__(self, kept: float = FRAMES_KEPT):
        self.events = Events()
        self._kept = kept
        self._frames: list[bytes] = []  # without their events
        self._ends: list[int] = []  # the number of the first event that is too late for each
        self._last: dict = NOTHING

    def append(self, frame: dict, events: Iterable[Event]) -> dict:
        """Keep a frame and the events since the last one; returns the frame with them."""
        self.events.extend(events)
        return self.put(frame, self.events.end)

    def put(self, frame: dict, end: int) -> dict:
        """Keep a frame with those of the events here that none before has, up to the number `end`; returns it."""
        bare = {name: value for name, value in frame.items() if name not in ("events", "events_left_out")}
        whole = self._last = self._with_events(bare, self._ends[-1] if self._ends else 0, end)
        self._frames.append(zlib.compress(_pack(bare), 1))
        self._ends.append(end)
        if len(self._frames) > self._kept:  # the last one stays
            self._frames, self._ends = self._frames[::2], self._ends[::2]
            self._last = self._with_events(bare, self._ends[-2], end)
        return whole

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        place = range(len(self))[place]  # raises IndexError, and counts from the end
        if place == len(self) - 1:
            return self._last
        return self._with_events(self.bare(place), self._ends[place - 1] if place else 0, self._ends[place])

    def bare(self, place: int) -> dict:
        """A frame without its events; `ends` says which they are."""
        return _unpack_frame(zlib.decompress(self._frames[place]))

    @property
    def ends(self) -> list[int]:
        return self._ends

    def copy(self) -> "Reel":
        """As it is now, for someone who wants it to stay so. Cheap."""
        other = Reel(self._kept)
        other.events, other._last = self.events.copy(), self._last
        other._frames, other._ends = self._frames.copy(), self._ends.copy()
        return other

    def _with_events(self, bare: dict, start: int, end: int) -> dict:
        shown = self.events.between(max(start, end - EVENTS_A_FRAME), end)
        told = {"events": [event._asdict() for event in shown], "events_left_out": end - start - len(shown)}
        return bare | told
