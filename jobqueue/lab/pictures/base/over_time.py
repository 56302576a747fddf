"""Base of the pictures over time: a title, a plot with marks on a time axis, and the same in words."""

from collections.abc import Sequence
from typing import ClassVar

from jobqueue.lab.pictures.base.markup import Nodes, Values
from jobqueue.lab.pictures.base.timeline import span
from jobqueue.lab.pictures.base.timeline_still import clips, head, marks, shades
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.base.words import away, recounted

LATELY = 3.0  # seconds for which a title tells what just happened


class OverTime(PictureView):
    """A subclass says which numbers it keeps of a frame, and what's below and above the marks of its plot."""

    STYLES = ("base/live.css", "base/timeline.css")
    #: The point of a moment before the first frame.
    BLANK: ClassVar[list[float]] = [0.0]

    @property
    def past(self) -> list[list[float]]:
        """The points on show, oldest first; never none."""
        return list(self.points) or [self.BLANK]

    @property
    def span(self) -> tuple[float, float]:
        """First and last second of the axis."""
        return span(self.past[0][0], self.past[-1][0])

    def values(self, badge: str = "") -> Values:
        words = {"finding": self.title(), "badge": badge, "picture@aria-label": self.spoken()}
        return words | self.plot(self.past)

    def title(self) -> str:
        """The worst that the picture shows now, in one short sentence."""
        return away(self.frame) or self.finding()

    def spoken(self) -> str:
        marks = recounted(self.frame)
        return f"{self.title()}. After {self.frame.t:.0f} s: {self.now()}. Marks: {marks}."

    def markup(self, values: Values, *, wide: bool, live: bool) -> str:
        nodes = Nodes(values)
        inner = clips(nodes) + head(nodes) + shades(nodes) + self.below(nodes, list(self.points))
        inner += marks(nodes) + self.above(nodes)
        return f'<g class="over-time" role="img" tabindex="0" {nodes.at("picture", "aria-label")}>{inner}</g>'

    def finding(self) -> str:
        """The title while Redis is up."""
        raise NotImplementedError

    def now(self) -> str:
        """The right end of the plot, in words."""
        raise NotImplementedError

    def plot(self, points: Sequence[list[float]]) -> Values:
        """Scales, labels and positions."""
        raise NotImplementedError

    def below(self, nodes: Nodes, points: Sequence[list[float]]) -> str:
        """The part below the marks."""
        raise NotImplementedError

    def above(self, nodes: Nodes) -> str:
        """The part above the marks."""
        raise NotImplementedError
