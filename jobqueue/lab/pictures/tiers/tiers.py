"""The tiers over time: how many jobs each has, how many are pending, and how long its oldest has waited."""

from collections import deque
from collections.abc import Sequence

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.base.markup import Nodes, Values, styles
from jobqueue.lab.pictures.base.over_time import OverTime
from jobqueue.lab.pictures.base.widget import Live
from jobqueue.lab.pictures.tiers import still, values, words
from jobqueue.lab.recording.frame import WorldFrame


class Strip(OverTime):
    """The frames taken in, as one point each. Some points are beads, which carry their tier's shape."""

    BLANK = values.point(WorldFrame(), 0)

    def __init__(self) -> None:
        super().__init__()
        self.beads: deque[tuple[int, list[float]]] = deque(maxlen=values.BEADS)
        self._refused = 0

    def forget(self) -> None:
        super().forget()
        self.beads.clear()
        self._refused = 0

    def point(self, frame: WorldFrame) -> list[float]:
        point, self._refused = values.point(frame, self._refused), frame.refused
        # The tiers take turns, so that beads of equal values don't cover each other.
        turn = int(point[0] * len(TIERS) / values.BEAD_SECONDS)
        if not self.beads or self.beads[-1][0] < turn:
            self.beads.append((turn, point))
        return point

    def facts(self) -> dict[str, object]:
        return {"refused": self.frame.refused, "redis": self.frame.redis}

    def finding(self) -> str:
        return words.finding(self.frame, self.past)

    def now(self) -> str:
        return words.tiers(self.frame, self.past[-1])

    def plot(self, points: Sequence[list[float]]) -> Values:
        return values.values(self.frame, points, self.beads)

    def below(self, nodes: Nodes, points: Sequence[list[float]]) -> str:
        return still.below(nodes, points)

    def above(self, nodes: Nodes) -> str:
        return still.above(nodes)


class StripPicture(Live):
    """The strip as a widget."""

    _css = styles(*Strip.STYLES)

    def __init__(self) -> None:
        super().__init__(Strip())
