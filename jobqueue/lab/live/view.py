"""A view: what one picture remembers of the frames it was given, and what it makes of them. Pure: no page, no clock."""

from collections import deque

from jobqueue.lab.live.frame import NOTHING

WINDOW = 60.0  # seconds a live picture looks back
POINTS = 600  # more than this is not seen at a picture's width


class View:
    """Base of the pictures: each says, of the frames taken in so far, what it looks like.

    `frame` is the latest, `points` is the past that the page keeps too: one short list of numbers a frame, seconds
    first, to which the page is sent the latest only.
    """

    def __init__(self):
        self.frame = NOTHING
        self.points: deque[list[float]] = deque(maxlen=POINTS)

    def take(self, frame: dict) -> bool:
        """Take in a frame. False if its time lies before the last one's: a new world, with a past of its own."""
        goes_on = frame["t"] >= self.frame["t"]
        if not goes_on:
            self.forget()
        self.frame = frame
        self.points.append(self.point(frame))
        while self.points[-1][0] - self.points[0][0] > WINDOW:
            self.points.popleft()
        return goes_on

    def forget(self) -> None:
        """A new world begins: drop the past."""
        self.points.clear()

    def point(self, frame: dict) -> list[float]:
        """What the page keeps of a frame: seconds, and numbers."""
        return [round(frame["t"], 2)]

    def facts(self) -> dict:
        """Numbers that the page puts on the picture as data attributes, for tests and for scripts."""
        return {}

    def values(self, badge: str = "") -> dict[str, str | None]:
        """Every word, number and position, by the name of its node; `picture@aria-label` among them."""
        raise NotImplementedError

    def news(self) -> dict:
        """What happened since the frame before, for a page that has seen that one."""
        return {}

    def spoken(self) -> str:
        """The picture in words."""
        raise NotImplementedError

    def draw(self, *, wide: bool = True, badge: str = "") -> str:
        """The picture as a self-contained SVG."""
        raise NotImplementedError
