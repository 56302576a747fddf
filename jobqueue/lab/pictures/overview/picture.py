"""The overview of a world: the account, the strip, the pending list, and workers' cards with buttons that kill."""

from collections import deque
from collections.abc import Callable, Sequence

from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.base.widget import Live
from jobqueue.lab.pictures.overview import strip, values, words
from jobqueue.lab.pictures.overview.still import body
from jobqueue.lab.recording.frame import NOTHING, WorldFrame


class Overview(PictureView):
    """The frames taken in, as one point each for the strip; the rest shows the last frame only."""

    def point(self, frame: WorldFrame) -> list[float]:
        return strip.point(frame)

    def facts(self) -> dict[str, object]:
        return {"orphans": len(self.frame.orphans), "done": self.frame.done}

    def values(self, badge: str = "") -> Values:
        return values.values(self.frame, list(self.points), badge)

    def spoken(self) -> str:
        return words.spoken(self.frame, list(self.points))

    def markup(self, values: Values, *, wide: bool, live: bool) -> str:
        return body(values, strip.thinned(list(self.points)), buttons=live)


def recorded(frames: Sequence[WorldFrame]) -> Overview:
    """The overview of a whole recording, instead of its last minute."""
    view = Overview()
    view.frame = frames[-1] if frames else NOTHING
    view.points = deque(map(strip.point, frames))
    return view


class LivePicture(Live):
    """The overview as a widget."""

    def __init__(self, on_kill: Callable[[str], object] | None = None):
        super().__init__(Overview(), on_kill=on_kill)
