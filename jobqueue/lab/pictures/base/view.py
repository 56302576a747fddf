"""A view: what one picture remembers of the frames it was given, and what it makes of them. Pure: no page, no clock."""

from collections import deque
from typing import ClassVar

from jobqueue.lab.pictures.base.markup import Still, Values, document, in_layout, styles
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.recording.frame import NOTHING, WorldFrame

WINDOW = 60.0  # seconds a live picture looks back
POINTS = 600  # more than this can't be told apart at a picture's width


class PictureView:
    """Base of the pictures: each says how the frames taken in so far look.

    `frame` is the latest. `points` is the past that the page keeps too: one short list of numbers per frame, seconds
    first. Each message to the page has the latest only.
    """

    #: Style sheets, by their paths from the folder of all pictures.
    STYLES: ClassVar[tuple[str, ...]] = ("base/live.css",)

    #: Seconds that the picture looks back.
    window = WINDOW

    def __init__(self) -> None:
        self.frame = NOTHING
        self.names = EntryNames()
        self.points: deque[list[float]] = deque(maxlen=POINTS)

    def take(self, frame: WorldFrame) -> bool:
        """Take in a frame. Returns False if it's earlier than the last one, because then a new world begins."""
        goes_on = frame.t >= self.frame.t
        if not goes_on:
            self.forget()
        self.frame = frame
        self.names.learn(frame)
        self.points.append(self.point(frame))
        while self.points[-1][0] - self.points[0][0] > self.window:
            self.points.popleft()
        return goes_on

    def forget(self) -> None:
        """Drop the past, because a new world begins."""
        self.points.clear()

    def point(self, frame: WorldFrame) -> list[float]:
        """The numbers that the page keeps of a frame, seconds first."""
        return [round(frame.t, 2)]

    def facts(self) -> dict[str, object]:
        """Values that the page puts on the picture as data attributes, for tests and for scripts."""
        return {}

    def values(self, badge: str = "") -> Values:
        """Every word, number and position, by the name of its node; `picture@aria-label` among them."""
        raise NotImplementedError

    def pieces(self) -> dict[str, object]:
        """Everything else that a page gets when it changes: JSON, by a key of its own."""
        return {}

    def news(self) -> dict[str, object]:
        """The events since the frame before, for a page that shows that one."""
        return {}

    def spoken(self) -> str:
        """The picture in words, for people who can't see it."""
        raise NotImplementedError

    def markup(self, values: Values, *, wide: bool, live: bool) -> str:
        """Everything inside the SVG, filled with the values of one layout. `live`: for a page that moves it."""
        raise NotImplementedError

    def nodes(self) -> str:
        """The picture's nodes for a page, once. Messages fill and move them from then on."""
        values = in_layout(self.values(), wide=False)
        return f'<svg data-k="svg" viewBox="{values["svg@viewBox"]}">{self.markup(values, wide=False, live=True)}</svg>'

    def draw(self, *, wide: bool = True, badge: str = "") -> str:
        """The picture as a self-contained SVG."""
        values, css_class = in_layout(self.values(badge), wide=wide), f"jq-live {'wide' if wide else 'narrow'}"
        inside = self.markup(values, wide=wide, live=False)
        return document(values["svg@viewBox"] or "", css_class, styles(*self.STYLES), self.facts(), inside)

    def still(self, *, wide: bool = True, badge: str = "") -> Still:
        """The same with a text alternative, for a stored notebook."""
        return Still(self.draw(wide=wide, badge=badge), self.spoken())
