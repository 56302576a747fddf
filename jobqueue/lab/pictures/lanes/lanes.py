"""The workers as lanes over time: the jobs each holds; when it was frozen, ill or killed; when jobs were reaped."""

from collections import Counter
from collections.abc import Sequence

from jobqueue.lab.pictures.base.markup import Nodes, Values, styles
from jobqueue.lab.pictures.base.over_time import OverTime
from jobqueue.lab.pictures.base.widget import Live
from jobqueue.lab.pictures.lanes import still, values, words
from jobqueue.lab.pictures.lanes.track import Track
from jobqueue.lab.recording.frame import WorldFrame


class Lanes(OverTime):
    """The frames taken in, as one track per worker."""

    def __init__(self) -> None:
        super().__init__()
        self.tracks: dict[str, Track] = {}

    def forget(self) -> None:
        super().forget()
        self.tracks.clear()

    def point(self, frame: WorldFrame) -> list[float]:
        t = round(frame.t, 2)
        reaped = Counter(event.worker for event in frame.events if event.event == "reaped")
        for worker in frame.workers:
            track = self.tracks.setdefault(worker.name, Track(t))
            track.follow(t, worker, reaped[worker.name])
        return values.point(frame)

    def facts(self) -> dict[str, object]:
        alive = sum(not worker.over for worker in self.frame.workers)
        return {"orphans": len(self.frame.orphans), "alive": alive, "redis": self.frame.redis}

    def finding(self) -> str:
        return words.finding(self.frame, self.tracks)

    def now(self) -> str:
        return words.team(self.frame)

    def plot(self, points: Sequence[list[float]]) -> Values:
        return values.values(self.frame, points, self.tracks)

    def below(self, nodes: Nodes, points: Sequence[list[float]]) -> str:
        return still.below(nodes, points)

    def above(self, nodes: Nodes) -> str:
        return still.above(nodes)


class LanesPicture(Live):
    """The lanes as a widget."""

    _css = styles(*Lanes.STYLES)

    def __init__(self) -> None:
        super().__init__(Lanes())
