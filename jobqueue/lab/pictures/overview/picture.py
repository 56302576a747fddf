"""The overview of a world: the account, the strip, the pending list, and workers' cards with buttons that kill."""

from collections import deque
from collections.abc import Callable, Sequence

from jobqueue.keys import TIERS
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.base.widget import Live
from jobqueue.lab.pictures.overview import strip, values, words
from jobqueue.lab.pictures.overview.still import body
from jobqueue.lab.recording.frame import NOTHING, WorldFrame

#: Seconds of a still before its first job and after its last.
MARGIN = 1.5


class Overview(PictureView):
    """The frames taken in, as one point each for the strip; the rest shows the last frame only."""

    def point(self, frame: WorldFrame) -> list[float]:
        return strip.point(frame)

    def facts(self) -> dict[str, object]:
        return {"orphans": len(self.frame.orphans), "done": self.frame.done}

    def values(self, badge: str = "") -> Values:
        return values.values(self.frame, list(self.points), badge, self.names)

    def spoken(self) -> str:
        return words.spoken(self.frame, list(self.points))

    def markup(self, values: Values, *, wide: bool, live: bool) -> str:
        return body(values, strip.thinned(list(self.points)), buttons=live)


def recorded(frames: Sequence[WorldFrame], names: EntryNames | None = None) -> Overview:
    """The overview of a whole recording, instead of its last minute. `names` are its world's."""
    view = Overview()
    view.names = names or view.names
    for frame in frames:
        view.names.learn(frame)
    view.frame = frames[-1] if frames else NOTHING
    view.points = deque(map(strip.point, frames))
    return view


def at_work(frames: Sequence[WorldFrame]) -> Sequence[WorldFrame]:
    """The frames from the first with a job to settle up to the last, and a bit more at each end; all if there's none.

    So it's the story that fills the picture, and not the minutes in which its reader read.
    """
    busy = [frame.t for frame in frames if any(frame.depth(tier) for tier in TIERS)]
    return [frame for frame in frames if busy[0] - MARGIN <= frame.t <= busy[-1] + MARGIN] if busy else frames


class LivePicture(Live):
    """The overview as a widget."""

    def __init__(self, on_kill: Callable[[str], object] | None = None):
        super().__init__(Overview(), on_kill=on_kill)
