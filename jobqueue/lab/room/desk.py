"""The control room's left edge, as a view: dials for the load, the workers to choose from, and every button. Pure.

A press or a turn reaches Python as {"do": name, "value": text}. The names are those of `orders.ORDERS` and `DIALS`, and
"choose", with a worker's name as text.
"""

from collections.abc import Mapping

from jobqueue.keys import TIERS, Tier
from jobqueue.lab.pictures.base.language import WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.frame import WorkerRow, WorldFrame
from jobqueue.lab.room.orders import FOR_ONE, ORDERS

#: The rates that a tier can have, in jobs per second.
RATES = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)

#: The leases that you can set, in seconds.
LEASES = (0.5, 1, 2, 4, 8, 15, 30)

#: The list of policies: a policy's name, or "" for each worker's own, by the words in the list.
POLICIES = {
    "workers' own": "",
    "strict": "strict",
    "aging, 2 s": "aging:2",
    "aging, 5 s": "aging:5",
    "weighted 6/3/1": "weighted:6/3/1",
}

#: The lists of watermarks: (reopens, full), or None for no limit, by the words in the list.
MARKS = {"no limit": None, "10–20": (10, 20), "50–100": (50, 100), "500–1,000": (500, 1000)}

#: The dials' names. Each dial shows a text: a position, or the words chosen from its list.
DIALS = (
    *(f"rate.{tier}" for tier in TIERS),
    *(f"marks.{tier}" for tier in TIERS),
    "arrivals",
    "task",
    "policy",
    "lease",
)

#: Workers in the list.
ROWS = 12

NOBODY = WorkerRow("", "gone", 0, 0)


class Desk(PictureView):
    """The desk. The room sets what isn't in a frame.

    That's `rates` in jobs per second by tier, how jobs arrive and what they do, which tiers are flooded, and which
    worker is `chosen`: the buttons are for that one.
    """

    def __init__(self, arrivals: str, task: str):
        super().__init__()
        self.arrivals, self.task = arrivals, task
        self.rates: dict[Tier, float] = dict.fromkeys(TIERS, 0.0)
        self.flooded: set[Tier] = set()
        self.chosen = ""
        self._ended: dict[str, None] = {}  # the workers whose process has ended, in that order

    def take(self, frame: WorldFrame) -> bool:
        goes_on = super().take(frame)
        over = [worker.name for worker in frame.workers if worker.over]
        self._ended = {name: None for name in (*self._ended, *over) if name in over}
        if not any(worker.name == self.chosen for worker in frame.workers):
            self.chosen = next((worker.name for worker in self.listed()), "")
        return goes_on

    def values(self, badge: str = "") -> Values:
        listed = self.listed()
        chosen = next((worker for worker in listed if worker.name == self.chosen), NOBODY)
        values: Values = {f"{name}@data-value": value for name, value in self._dials().items()}
        values |= {f"{name}@disabled": None for name in DIALS}
        values |= {f"{name}@disabled": "" if name in FOR_ONE and chosen.over else None for name in ORDERS}
        for tier in TIERS:
            values[f"rate.{tier}.words"] = f"{self.rates[tier]:g}/s"
            values[f"rate.{tier}@aria-valuetext"] = f"{self.rates[tier]:g} jobs per second"
            values |= {f"flood.{tier}@aria-pressed": str(tier in self.flooded).lower(), f"flood.{tier}@disabled": None}
        for i in range(ROWS):
            values |= self._row(i, listed[i] if i < len(listed) else None)
        return values | {
            "lease.words": f"{self.frame.lease:g} s",
            "lease@aria-valuetext": f"{self.frame.lease:g} seconds",
            "nobody": "" if listed else "none hired yet",
            "to": self._to(chosen),
            "picture@aria-label": self.spoken(),
        }

    def spoken(self) -> str:
        return f"{counted(len(self.listed()), 'worker')}; the buttons are for {self.chosen or 'none of them'}"

    def listed(self) -> list[WorkerRow]:
        """The workers that you can choose: all living ones, then the others, as many as there's room for.

        Of those, the one that ended last stands first.
        """
        by_name = {worker.name: worker for worker in self.frame.workers}
        living = [worker for worker in self.frame.workers if not worker.over]
        return [*living, *(by_name[name] for name in reversed(self._ended))][: max(ROWS, len(living))]

    @staticmethod
    def _to(chosen: WorkerRow) -> str:
        """The heading of the chosen worker's buttons. If they're grey, it says why."""
        if not chosen.name:
            return "choose a worker"
        if not chosen.over:
            return f"to {chosen.name}"
        return f"{chosen.name} {'is dead' if chosen.state == 'dead' else 'has left'}: choose another"

    def _dials(self) -> dict[str, str]:
        """The text of each dial."""
        dials = {f"rate.{tier}": str(_nearest(RATES, self.rates[tier])) for tier in TIERS}
        dials |= {f"marks.{tier}": _words(MARKS, self.frame.capacity.get(tier)) for tier in TIERS}
        dials |= {"arrivals": self.arrivals, "task": self.task, "policy": _words(POLICIES, self.frame.policy)}
        return dials | {"lease": str(_nearest(LEASES, self.frame.lease))}

    def _row(self, i: int, worker: WorkerRow | None) -> Values:
        here, worker = worker is not None, worker or NOBODY
        colour = f"w{worker.colour % len(WORKER_COLOURS)}"
        return {
            f"row{i}@class": f"row {worker.state}" if here else "off",
            f"row{i}@data-value": worker.name,
            f"row{i}@aria-checked": str(here and worker.name == self.chosen).lower(),
            f"row{i}@disabled": None,
            f"row{i}.shape@d": WORKER_SHAPES[worker.shape % len(WORKER_SHAPES)],
            f"row{i}.shape@class": f"{colour} hollow" if worker.over else colour,
            f"row{i}.name": worker.name,
            f"row{i}.state": _state(worker) if here else "",
            f"row{i}.faults": ", ".join(worker.faults),
        }


def _state(worker: WorkerRow) -> str:
    return {"running": f"runs {worker.running}", "gone": "has left"}.get(worker.state, worker.state)


def _nearest(positions: tuple[float, ...], value: float) -> int:
    return min(range(len(positions)), key=lambda i: abs(positions[i] - value))


def _words(choices: Mapping[str, object], value: object) -> str:
    """The words of this choice; "" if it was set in another way, and isn't in the list."""
    return next((words for words, choice in choices.items() if choice == value), "")
