"""The machine, live: streams, pending list, delayed set and dead letters, and the jobs that move between them."""

from collections.abc import Callable

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.base.markup import Values, styles
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.base.widget import Live
from jobqueue.lab.pictures.machine.cards import worker_class
from jobqueue.lab.pictures.machine.moves import Hop
from jobqueue.lab.pictures.machine.places import WIDTHS, rows
from jobqueue.lab.pictures.machine.scene import Happening, Scene, step
from jobqueue.lab.pictures.machine.still import body, still
from jobqueue.lab.pictures.machine.values import values
from jobqueue.lab.pictures.machine.words import about, spoken, trail
from jobqueue.lab.recording.frame import WorldFrame


class Machine(PictureView):
    """The frames taken in, folded into a scene."""

    STYLES = ("base/live.css", "machine/machine.css")

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()

    def take(self, frame: WorldFrame) -> bool:
        goes_on = super().take(frame)
        self.scene = step(self.scene if goes_on else Scene(), frame)
        return goes_on

    def facts(self) -> dict[str, object]:
        frame = self.frame
        return {"orphans": len(frame.orphans), "done": frame.done, "dead": frame.dead, "redis": frame.redis}

    def values(self, badge: str = "") -> Values:
        return values(self.scene, badge, self.names)

    def pieces(self) -> dict[str, object]:
        """The positions of all slots in both layouts, and each token with its slot."""
        scene, team = self.scene, {worker.name: worker_class(worker) for worker in self.frame.workers}
        pieces: dict[str, object] = {"lease_seconds": self.frame.lease}
        for form in WIDTHS:
            slots = rows(form, scene.plan)
            pieces[f"{form}:rows"] = {name: list(row) for name, row in slots.items()}
        for job, token in scene.tokens.items():
            look = f"{token.look} {team.get(token.worker, '')}".strip()
            pieces[f"job:{job}"] = [*token.place, look, token.attempt, about(job, token, self.names), token.label]
            if token.idle >= 0:
                pieces[f"idle:{job}"] = round(5 * token.idle) / 5  # steps of 0.2 s are small enough for a ring
        return pieces

    def news(self) -> dict[str, object]:
        """The jobs' moves since the frame before."""
        scene = self.scene
        news: dict[str, object] = {}
        if scene.hops:
            news["hops"] = [_hop(hop) for hop in scene.hops]
        if scene.bundles:
            news["bundles"] = [[bundle.start, _sight(bundle.end), bundle.jobs] for bundle in scene.bundles]
        if ways := [each for each in scene.fresh if each.jobs and each.kind != "promoted"]:  # that's too short a way
            news["trails"] = [self._trail(each) for each in ways]
        return news

    def _trail(self, way: Happening) -> dict[str, object]:
        ends = {"from": self._middle(way.start), "to": self._middle(way.end)}
        return ends | {"key": f"{way.kind} {way.start} {way.end}", "kind": way.kind, "words": trail(way)}

    def _middle(self, row: str) -> list[str | int]:
        """About the middle of a row's jobs. Of a stream it's the tail, because each new entry is appended there."""
        if row in TIERS:
            return [row, min(self.frame.waiting.get(row, 0), self.scene.plan.room.tape - 1)]
        return [row, 3 * row.startswith("worker:")]

    def spoken(self) -> str:
        return spoken(self.scene)

    def markup(self, values: Values, *, wide: bool, live: bool) -> str:
        return body(values) if live else still(self.scene, values, self.names, wide=wide)


def _hop(hop: Hop) -> dict[str, object]:
    """A job's way, for the page."""
    way = {"job": hop.job, "from": [*hop.start], "steps": [[kind, [*to]] for kind, to in hop.steps]}
    token = hop.token
    return way | {"look": token.look, "attempt": token.attempt, "label": token.label, "stays": hop.stays}


def _sight(row: str) -> str:
    """A bundle goes to the end of a stream, because it holds jobs that the picture doesn't show one by one."""
    return f"more:{row}" if row in TIERS else row


class MachinePicture(Live):
    """The machine as a widget."""

    _esm = styles("base/live.js", "machine/machine_tip.js", "machine/machine.js")
    _css = styles(*Machine.STYLES)

    def __init__(self, on_kill: Callable[[str], object] | None = None):
        super().__init__(Machine(), on_kill=on_kill)
