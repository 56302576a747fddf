"""The live pictures of one world. Each is made when it's first asked for, and then fed with every frame."""

import math
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from jobqueue.lab.pictures.base.markup import Still
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.recording.recorder import Recorder

if TYPE_CHECKING:  # widgets are imported when they're needed: the demo runs without the packages for them
    from jobqueue.lab.pictures.base.widget import Live
    from jobqueue.lab.pictures.lanes.lanes import LanesPicture
    from jobqueue.lab.pictures.machine.machine import MachinePicture
    from jobqueue.lab.pictures.overview.picture import LivePicture
    from jobqueue.lab.pictures.tiers.tiers import StripPicture


class Watching(Protocol):
    """A live picture, or something else that shows frames, as the control room does."""

    def share(self, names: EntryNames) -> None:
        """Call entries by these names, as the world's other pictures do."""

    def push(self, frame: WorldFrame) -> None:
        """Show a frame."""

    def freeze(self) -> None:
        """Show that the world has stopped."""


AnyPicture = TypeVar("AnyPicture", bound=Watching)


class Pictures:
    """Live pictures of what `recorder` records. Their buttons call `kill` with a worker's name."""

    def __init__(self, recorder: Recorder, kill: Callable[[str], object]):
        self.recorder, self.kill = recorder, kill
        self.shown: dict[object, Watching] = {}
        self.names = EntryNames()
        self.stopped = False

    def watch(self) -> "LivePicture":
        """The overview, live: display it, and it moves by itself. Its buttons kill."""
        from jobqueue.lab.pictures.overview.picture import LivePicture

        return self.one(LivePicture, on_kill=self.kill)

    def machine(self, *own: str) -> "MachinePicture":
        """The machine, live: streams, pending list (PEL), delayed set and dead letters, and the jobs that move.

        Below it stand the values of your `own` keys, such as an outbox: at most three lists, hashes or strings.
        """
        from jobqueue.lab.pictures.machine.machine import MachinePicture

        self.recorder.show(own)
        return self.one(MachinePicture, on_kill=self.kill)

    def strip(self) -> "StripPicture":
        """Depth, pending jobs and oldest wait by tier over time, live; with watermarks, refusals and faults."""
        from jobqueue.lab.pictures.tiers.tiers import StripPicture

        return self.one(StripPicture)

    def lanes(self) -> "LanesPicture":
        """The workers as lanes over time, live: idle, running, frozen or dead, and what's wrong with them."""
        from jobqueue.lab.pictures.lanes.lanes import LanesPicture

        return self.one(LanesPicture)

    def still(self, picture: "Live | None" = None, *, since: float = 0.0, until: float = math.inf) -> Still:
        """An image that needs no kernel, so a stored notebook can keep it.

        It shows the overview from the first job to the last, or what `picture` shows: `world.still(world.lanes())`.
        With `until`, a second of the recording, it shows how that looked then, however long you've been reading; with
        `since` too, all that happened between the two.
        """

        from jobqueue.lab.pictures.overview.picture import at_work, recorded
        from jobqueue.lab.pictures.overview.strip import thinned

        if picture and until == math.inf:
            return picture.still()
        frames = [frame for frame in self.recorder.frames if since <= frame.t <= until]
        if not picture:
            return recorded(at_work(frames) if until == math.inf else frames, self.names).still(badge="recorded")
        then = type(picture.feed.view)()
        then.names = self.names
        if since:
            then.window, then.points = math.inf, deque()
        for frame in frames:
            then.take(frame)
        then.points = deque(thinned(list(then.points)))
        return then.still(badge=f"from {since:.0f} to {until:.0f} s" if since else f"as it was at {until:.0f} s")

    def one(self, kind: Callable[..., AnyPicture], **options: Any) -> AnyPicture:
        """The one picture of this kind, with the whole recording in it. You may ask for it as often as you like."""
        picture: AnyPicture | None = self.shown.get(kind)  # type: ignore[assignment]  # by `kind`
        if picture is None:
            self.shown[kind] = picture = kind(**options)
            picture.share(self.names)
            for frame in self.recorder.frames:
                picture.push(frame)
            if self.stopped:
                picture.freeze()
        return picture

    def push(self, frame: WorldFrame) -> None:
        """Show a frame in every picture."""
        for picture in self.shown.values():
            picture.push(frame)

    def freeze(self) -> None:
        """The world has stopped: every picture stays as it is."""
        self.stopped = True
        for picture in self.shown.values():
            picture.freeze()
