"""The live pictures of one world. Each is made when it's first asked for, and then fed with every frame."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.recording.recorder import Recorder

if TYPE_CHECKING:  # widgets are imported when they're needed: the demo runs without the packages for them
    from IPython.display import HTML

    from jobqueue.lab.pictures.base.widget import Live
    from jobqueue.lab.pictures.lanes.lanes import LanesPicture
    from jobqueue.lab.pictures.machine.machine import MachinePicture
    from jobqueue.lab.pictures.overview.picture import LivePicture
    from jobqueue.lab.pictures.tiers.tiers import StripPicture


class Watching(Protocol):
    """A live picture, or something else that shows frames, as the control room does."""

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
        self.stopped = False

    def watch(self) -> "LivePicture":
        """The overview, live: display it, and it moves by itself. Its buttons kill."""
        from jobqueue.lab.pictures.overview.picture import LivePicture

        return self.one(LivePicture, on_kill=self.kill)

    def machine(self) -> "MachinePicture":
        """The machine, live: streams, pending list (PEL), delayed set and dead letters, and the jobs that move."""
        from jobqueue.lab.pictures.machine.machine import MachinePicture

        return self.one(MachinePicture, on_kill=self.kill)

    def strip(self) -> "StripPicture":
        """Depth, pending jobs and oldest wait by tier over time, live; with watermarks, refusals and faults."""
        from jobqueue.lab.pictures.tiers.tiers import StripPicture

        return self.one(StripPicture)

    def lanes(self) -> "LanesPicture":
        """The workers as lanes over time, live: idle, running, frozen or dead, and what's wrong with them."""
        from jobqueue.lab.pictures.lanes.lanes import LanesPicture

        return self.one(LanesPicture)

    def still(self, picture: "Live | None" = None, *, until: float = math.inf) -> "HTML":
        """An image that needs no kernel, so a stored notebook can keep it.

        It shows the overview of the recording, or what `picture` shows: `world.still(world.lanes())`. With `until`, a
        second of the recording, it shows how that looked then, however long you've been reading since.
        """
        from IPython.display import HTML

        from jobqueue.lab.pictures.overview.picture import recorded

        if picture and until == math.inf:
            return HTML(picture.image())
        frames = [frame for frame in self.recorder.frames if frame.t <= until]
        if not picture:
            return HTML(recorded(frames).image(badge="recorded"))
        then = type(picture.feed.view)()
        for frame in frames:
            then.take(frame)
        return HTML(then.image(badge=f"as it was at {then.frame.t:.0f} s"))

    def one(self, kind: Callable[..., AnyPicture], **options: Any) -> AnyPicture:
        """The one picture of this kind, with the whole recording in it. You may ask for it as often as you like."""
        picture: AnyPicture | None = self.shown.get(kind)  # type: ignore[assignment]  # by `kind`
        if picture is None:
            self.shown[kind] = picture = kind(**options)
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
