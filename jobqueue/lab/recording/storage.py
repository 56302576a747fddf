"""Frames and events, kept while a world lasts: compressed, all but the last, and no more than a fixed number."""

import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import msgspec

from jobqueue.lab.recording.frame import NOTHING, Event, WorldFrame

FRAMES_KEPT = 2000  # over three minutes; beyond that, every other frame is dropped
BLOCK = 1000  # events that are compressed together
BLOCKS_KEPT = 200  # about 3 MB; beyond that, the oldest are dropped
EVENTS_A_FRAME = 200

_pack = msgspec.msgpack.Encoder().encode
_unpack_frame = msgspec.msgpack.Decoder(WorldFrame).decode
_unpack_events = msgspec.msgpack.Decoder(list[Event]).decode


class Events:
    """Events in the order in which they became known, each with its number. The oldest left has the number `first`."""

    def __init__(self, first: int = 0):
        self.first = first
        self._blocks: deque[bytes] = deque()
        self._rest: list[Event] = []
        self._unpacked: tuple[int, list[Event]] = (-1, [])  # the block unpacked last, and its number

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
        """Those with these numbers, as far as they're still here."""
        events: list[Event] = []
        start, end = max(start, self.first) - self.first, min(end, self.end) - self.first
        for number in range(start // BLOCK, -(-end // BLOCK)):
            events += self._block(number)[max(0, start - BLOCK * number) : end - BLOCK * number]
        return events

    def copy(self) -> "Events":
        other = Events(self.first)
        other._blocks, other._rest = self._blocks.copy(), self._rest.copy()
        return other

    def _block(self, number: int) -> list[Event]:
        if number == len(self._blocks):
            return self._rest
        name = self.first + BLOCK * number
        if self._unpacked[0] != name:
            self._unpacked = name, _unpack_events(zlib.decompress(self._blocks[number]))
        return self._unpacked[1]


class Reel(Sequence[WorldFrame]):
    """Frames, oldest first. Each has the events since the frame before it that's still here: the newest 200.

    Args:
        kept: how many frames; beyond that, every other one is dropped.
    """

    def __init__(self, kept: float = FRAMES_KEPT):
        self.events = Events()
        self._kept = kept
        self._frames: list[bytes] = []  # without their events
        self._ends: list[int] = []  # for each frame, the number of the first event that's too late for it
        self._last = NOTHING

    def append(self, frame: WorldFrame, events: Iterable[Event]) -> WorldFrame:
        """Keep a frame and the events since the last one; returns the frame with them."""
        self.events.extend(events)
        return self.put(frame, self.events.end)

    def put(self, frame: WorldFrame, end: int) -> WorldFrame:
        """Keep a frame with the events up to the number `end` that no frame before it has; returns it."""
        bare = msgspec.structs.replace(frame, events=[], events_left_out=0)
        whole = self._last = self._with_events(bare, self._ends[-1] if self._ends else 0, end)
        self._frames.append(zlib.compress(_pack(bare), 1))
        self._ends.append(end)
        if len(self._frames) > self._kept:  # the last one stays
            self._frames, self._ends = self._frames[::2], self._ends[::2]
            self._last = self._with_events(bare, self._ends[-2], end)
        return whole

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, place: int) -> WorldFrame: ...

    @overload
    def __getitem__(self, place: slice) -> list[WorldFrame]: ...

    def __getitem__(self, place: int | slice) -> WorldFrame | list[WorldFrame]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        place = range(len(self))[place]  # raises IndexError, and counts from the end
        if place == len(self) - 1:
            return self._last
        return self._with_events(self.bare(place), self._ends[place - 1] if place else 0, self._ends[place])

    def bare(self, place: int) -> WorldFrame:
        """A frame without its events; `ends` says which they are."""
        return _unpack_frame(zlib.decompress(self._frames[place]))

    @property
    def ends(self) -> list[int]:
        return self._ends

    def copy(self) -> "Reel":
        """A copy that doesn't grow. Cheap."""
        other = Reel(self._kept)
        other.events, other._last = self.events.copy(), self._last
        other._frames, other._ends = self._frames.copy(), self._ends.copy()
        return other

    def _with_events(self, bare: WorldFrame, start: int, end: int) -> WorldFrame:
        shown = self.events.between(max(start, end - EVENTS_A_FRAME), end)
        return msgspec.structs.replace(bare, events=shown, events_left_out=end - start - len(shown))
