"""The workers as lanes over time: how many jobs each holds, when it was frozen, ill or killed, and what was reaped."""

from collections import Counter

from jobqueue.lab.live import lanes_still, lanes_values, lanes_words
from jobqueue.lab.live.frame import orphans
from jobqueue.lab.live.lanes_track import Track
from jobqueue.lab.live.markup import document, styles
from jobqueue.lab.live.timeline_still import STYLES
from jobqueue.lab.live.values import shaped
from jobqueue.lab.live.view import View
from jobqueue.lab.live.widget import Live


class Lanes(View):
    """The frames taken in, as a track a worker."""

    def __init__(self):
        super().__init__()
        self.tracks: dict[str, Track] = {}

    def forget(self) -> None:
        super().forget()
        self.tracks.clear()

    def point(self, frame: dict) -> list[float]:
        t = round(frame["t"], 2)
        reaped = Counter(event["worker"] for event in frame["events"] if event["event"] == "reaped")
        for worker in frame["workers"]:
            track = self.tracks.setdefault(worker["name"], Track(t))
            track.follow(t, worker, reaped[worker["name"]])
        return lanes_values.point(frame)

    def facts(self) -> dict:
        alive = sum(worker["state"] not in ("dead", "gone") for worker in self.frame["workers"])
        return {"orphans": len(orphans(self.frame)), "alive": alive, "redis": self.frame["redis"]}

    def values(self, badge: str = "") -> dict[str, str | None]:
        finding = lanes_words.finding(self.frame, self.tracks)
        said = {"finding": finding, "badge": badge, "picture@aria-label": self.spoken()}
        return said | lanes_values.values(self.frame, self._past(), self.tracks)

    def spoken(self) -> str:
        return lanes_words.spoken(self.frame, self.tracks)

    def draw(self, *, wide: bool = True, badge: str = "") -> str:
        form = "wide" if wide else "narrow"
        found = shaped(self.values(badge), wide=wide)
        picture = lanes_still.body(found, self._past())
        return document(found["svg@viewBox"], f"jq-live {form}", styles(*STYLES), self.facts(), picture)

    def _past(self) -> list[list[float]]:
        return list(self.points) or [lanes_values.point(self.frame)]


class LanesPicture(Live):
    """The lanes as a widget."""

    _css = styles(*STYLES)

    def __init__(self, **options):
        found = shaped(Lanes().values(), wide=False)
        svg = f'<svg data-k="svg" viewBox="{found["svg@viewBox"]}">{lanes_still.body(found, [])}</svg>'
        super().__init__(Lanes(), svg, **options)
