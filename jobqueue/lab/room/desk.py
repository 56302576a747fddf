"""The control room's left edge, as a view: dials for the load, the workers to choose from, and every button. Pure.

What hands do reaches Python as {"do": name, "value": text}. The names are those of `orders.ORDERS`, those of `DIALS`,
and "choose", with a worker's name.
"""

from jobqueue.keys import TIERS
from jobqueue.lab.live.frame import counted
from jobqueue.lab.live.language import WORKER_COLOURS, WORKER_SHAPES
from jobqueue.lab.live.view import View
from jobqueue.lab.room.orders import FOR_ONE, ORDERS

#: What a tier's rate can be set to, in jobs a second.
RATES = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)

#: What the lease can be set to, in seconds.
LEASES = (0.5, 1, 2, 4, 8, 15, 30)

#: What the list of policies offers: words → a policy's name, "" for each worker's own.
POLICIES = {
    "workers' own": "",
    "strict": "strict",
    "aging, 2 s": "aging:2",
    "aging, 5 s": "aging:5",
    "weighted 6/3/1": "weighted:6/3/1",
}

#: What the lists of watermarks offer: words → where a tier opens again and where it is full, None for no limit.
MARKS = {"no limit": None, "10–20": (10, 20), "50–100": (50, 100), "500–1,000": (500, 1000)}

#: What the dials are called; each shows a text: a position, or the name of what was chosen from its list.
DIALS = (
    *(f"rate.{tier}" for tier in TIERS),
    *(f"marks.{tier}" for tier in TIERS),
    "arrivals",
    "task",
    "policy",
    "lease",
)

ROWS = 12  # workers that are listed

NOBODY = {"name": "", "state": "gone", "running": 0, "done": 0, "colour": 0, "shape": 0, "faults": []}


class Desk(View):
    """What is not in a frame is told to it: `rates` in jobs a second by tier, how jobs arrive and what they do, which
    tiers are flooded, and which worker is `chosen`, for whom the buttons are."""

    def __init__(self, arrivals: str, task: str):
        super().__init__()
        self.arrivals, self.task = arrivals, task
        self.rates: dict[str, float] = dict.fromkeys(TIERS, 0)
        self.flooded: set[str] = set()
        self.chosen = ""

    def take(self, frame: dict) -> bool:
        goes_on = super().take(frame)
        if not any(worker["name"] == self.chosen for worker in frame["workers"]):
            self.chosen = next((worker["name"] for worker in frame["workers"]), "")
        return goes_on

    def values(self, badge: str = "") -> dict[str, str | None]:
        listed = self.listed()
        chosen = next((worker for worker in listed if worker["name"] == self.chosen), NOBODY)
        over = chosen["state"] in ("dead", "gone")
        found = {f"{name}@data-value": value for name, value in self._dials().items()}
        found |= {f"{name}@disabled": None for name in DIALS}
        found |= {f"{name}@disabled": "" if name in FOR_ONE and over else None for name in ORDERS}
        for tier in TIERS:
            found[f"rate.{tier}.said"] = f"{self.rates[tier]:g}/s"
            found[f"rate.{tier}@aria-valuetext"] = f"{self.rates[tier]:g} jobs a second"
        for tier in TIERS:
            found |= {f"flood.{tier}@aria-pressed": str(tier in self.flooded).lower(), f"flood.{tier}@disabled": None}
        for i in range(ROWS):
            found |= self._row(i, listed[i] if i < len(listed) else None)
        return found | {
            "lease.said": f"{self.frame['lease']:g} s",
            "lease@aria-valuetext": f"{self.frame['lease']:g} seconds",
            "nobody": "" if listed else "none hired yet",
            "to": f"to {chosen['name']}" if chosen["name"] else "choose a worker",
            "picture@aria-label": self.spoken(),
        }

    def spoken(self) -> str:
        return f"{counted(len(self.listed()), 'worker')}; the buttons are for {self.chosen or 'none of them'}"

    def listed(self) -> list[dict]:
        """The workers that can be chosen: all that live, and of the others the latest for whom there is room."""
        workers = self.frame["workers"]
        over = [worker["name"] for worker in workers if worker["state"] in ("dead", "gone")]
        left_out = over[: max(0, len(workers) - ROWS)]
        return [worker for worker in workers if worker["name"] not in left_out]

    def _dials(self) -> dict[str, str]:
        """What each dial shows."""
        marks = {words: list(marks) if marks else None for words, marks in MARKS.items()}
        found = {f"rate.{tier}": str(_nearest(RATES, self.rates[tier])) for tier in TIERS}
        found |= {f"marks.{tier}": _words(marks, self.frame["capacity"].get(tier)) for tier in TIERS}
        found |= {"arrivals": self.arrivals, "task": self.task, "policy": _words(POLICIES, self.frame["policy"])}
        return found | {"lease": str(_nearest(LEASES, self.frame["lease"]))}

    def _row(self, i: int, worker: dict | None) -> dict:
        here, worker = worker is not None, worker or NOBODY
        colour = f"w{worker['colour'] % len(WORKER_COLOURS)}"
        return {
            f"row{i}@class": f"row {worker['state']}" if here else "off",
            f"row{i}@data-value": worker["name"],
            f"row{i}@aria-checked": str(here and worker["name"] == self.chosen).lower(),
            f"row{i}@disabled": None,
            f"row{i}.shape@d": WORKER_SHAPES[worker["shape"] % len(WORKER_SHAPES)],
            f"row{i}.shape@class": f"{colour} hollow" if worker["state"] in ("dead", "gone") else colour,
            f"row{i}.name": worker["name"],
            f"row{i}.state": _state(worker) if here else "",
            f"row{i}.faults": ", ".join(worker.get("faults", ())),
        }


def _state(worker: dict) -> str:
    return {"running": f"runs {worker['running']}", "gone": "has left"}.get(worker["state"], worker["state"])


def _nearest(positions: tuple[float, ...], value: float) -> int:
    return min(range(len(positions)), key=lambda i: abs(positions[i] - value))


def _words(choices: dict[str, object], value: object) -> str:
    """Which choice this is; "" if it was set by other means."""
    return next((words for words, choice in choices.items() if choice == value), "")
