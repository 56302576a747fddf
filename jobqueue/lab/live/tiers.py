"""The strip by tier: how many jobs there are, how many in workers' hands, how long the oldest has waited, over time."""

from collections import deque

from jobqueue.lab.live import tiers_still, tiers_values, tiers_words
from jobqueue.lab.live.language import TIERS
from jobqueue.lab.live.markup import document, styles
from jobqueue.lab.live.timeline_still import STYLES
from jobqueue.lab.live.values import shaped
from jobqueue.lab.live.view import View
from jobqueue.lab.live.widget import Live


class Strip(View):
    """The frames taken in, a point each; and some of these as beads, which carry their tier's shape."""

    def __init__(self):
        super().__init__()
        self.beads: deque[tuple[int, list[float]]] = deque(maxlen=tiers_values.BEADS)
        self._refused = 0

    def forget(self) -> None:
        super().forget()
        self.beads.clear()
        self._refused = 0

    def point(self, frame: dict) -> list[float]:
        point, self._refused = tiers_values.point(frame, self._refused), frame["refused"]
        # The tiers' turns come one after the other, so that beads of equal values do not cover each other.
        turn = int(point[0] * len(TIERS) / tiers_values.BEAD_SECONDS)
        if not self.beads or self.beads[-1][0] < turn:
            self.beads.append((turn, point))
        return point

    def facts(self) -> dict:
        return {"refused": self.frame["refused"], "redis": self.frame["redis"]}

    def values(self, badge: str = "") -> dict[str, str | None]:
        points = self._past()
        said = {"finding": tiers_words.finding(self.frame, points), "badge": badge, "picture@aria-label": self.spoken()}
        return said | tiers_values.values(self.frame, points, self.beads)

    def spoken(self) -> str:
        return tiers_words.spoken(self.frame, self._past())

    def draw(self, *, wide: bool = True, badge: str = "") -> str:
        form = "wide" if wide else "narrow"
        found = shaped(self.values(badge), wide=wide)
        picture = tiers_still.body(found, self._past())
        return document(found["svg@viewBox"], f"jq-live {form}", styles(*STYLES), self.facts(), picture)

    def _past(self) -> list[list[float]]:
        return list(self.points) or [tiers_values.point(self.frame, 0)]


class StripPicture(Live):
    """The strip as a widget."""

    _css = styles(*STYLES)

    def __init__(self, **options):
        found = shaped(Strip().values(), wide=False)
        svg = f'<svg data-k="svg" viewBox="{found["svg@viewBox"]}">{tiers_still.body(found, [])}</svg>'
        super().__init__(Strip(), svg, **options)
