"""The machine, live: streams, PEL, delayed set and dead letters, and the jobs that move between them."""

from collections.abc import Callable

from jobqueue.lab.live.frame import orphans
from jobqueue.lab.live.language import TIERS
from jobqueue.lab.live.machine_moves import Hop
from jobqueue.lab.live.machine_places import TAPE
from jobqueue.lab.live.machine_scene import News, Scene, step
from jobqueue.lab.live.machine_still import STYLES, body, draw
from jobqueue.lab.live.machine_values import values, worker_class
from jobqueue.lab.live.machine_words import about, spoken, trail
from jobqueue.lab.live.markup import styles
from jobqueue.lab.live.values import shaped
from jobqueue.lab.live.view import View
from jobqueue.lab.live.widget import Live


class Machine(View):
    """The frames taken in, folded into a scene."""

    def __init__(self):
        super().__init__()
        self.scene = Scene()

    def take(self, frame: dict) -> bool:
        goes_on = super().take(frame)
        self.scene = step(self.scene if goes_on else Scene(), frame)
        return goes_on

    def facts(self) -> dict:
        frame = self.frame
        return {"orphans": len(orphans(frame)), "done": frame["done"], "dead": frame["dead"], "redis": frame["redis"]}

    def values(self, badge: str = "") -> dict:
        found = values(self.scene, badge) | {"lease_seconds": self.frame["lease"]}
        team = {worker["name"]: worker_class(worker) for worker in self.frame["workers"]}
        for job, token in self.scene.tokens.items():
            look = f"{token.look} {team.get(token.worker, '')}".strip()
            found[f"job:{job}"] = [*token.place, look, token.attempt, about(job, token)]
            if token.idle >= 0:
                found[f"idle:{job}"] = round(5 * token.idle) / 5  # a ring is seen to fill in steps of 0.2 s too
        return found

    def news(self) -> dict:
        """How it came to this, since the frame before."""
        scene, told = self.scene, {}
        if scene.hops:
            told["hops"] = [_hop(hop) for hop in scene.hops]
        if scene.bundles:
            told["bundles"] = [[start, _sight(end), n] for _, start, end, n in scene.bundles]
        if ways := [each for each in scene.fresh if each.jobs and each.kind != "promoted"]:  # that is one's neighbour
            told["trails"] = [self._trail(each) for each in ways]
        return told

    def _trail(self, told: News) -> dict:
        ends = {"from": self._middle(told.start), "to": self._middle(told.end)}
        return ends | {"key": f"{told.kind} {told.start} {told.end}", "kind": told.kind, "words": trail(told)}

    def _middle(self, row: str) -> list:
        """About the middle of what a row holds; of a stream its tail, to which all that comes is appended."""
        index = min(self.frame["waiting"].get(row, 0), TAPE - 1) if row in TIERS else 3 * row.startswith("worker:")
        return [row, index]

    def spoken(self) -> str:
        return spoken(self.scene)

    def draw(self, *, wide: bool = True, badge: str = "") -> str:
        return draw(self.scene, wide=wide, badge=badge)


def _hop(hop: Hop) -> dict:
    """A job's way, for the page."""
    found = {"job": hop.job, "from": [*hop.start], "steps": [[kind, [*to]] for kind, to in hop.steps]}
    return found | {"look": hop.token.look, "attempt": hop.token.attempt, "stays": hop.stays}


def _sight(row: str) -> str:
    """A bundle goes to a stream's end: what it holds is not shown one by one."""
    return f"more:{row}" if row in TIERS else row


class MachinePicture(Live):
    """The machine as a widget."""

    _esm = styles("live.js", "machine_tip.js", "machine.js")
    _css = styles(*STYLES)

    def __init__(self, on_kill: Callable[[str], object] | None = None, **options):
        empty = shaped(values(Scene()), wide=False)
        svg = f'<svg data-k="svg" viewBox="{empty["svg@viewBox"]}">{body(empty)}</svg>'
        super().__init__(Machine(), svg, on_kill, **options)
