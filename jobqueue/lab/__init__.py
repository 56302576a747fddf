"""What lessons use to break, watch and judge a queue: `from jobqueue.lab import check, open_world, vote`.

A name is loaded when it's first used, so a worker that needs one module of the lab still starts quickly.
"""

from importlib import import_module
from typing import Any

#: Public name → the module that has it.
HOMES = {
    "bursts": "experiments.bursts",
    "carry_on": "course.lesson",
    "control_room": "room.control",
    "join": "workshop.join",
    "keep": "own.keep",
    "moved_figures": "room.figures",
    "my_queue": "own.pieces",
    "on_trial": "experiments.trial",
    "open_world": "world",
    "side_by_side": "own.side_by_side",
    "since": "recording.excerpt",
    "source": "course.lesson",
    "steady": "traffic.load",
    "turns": "experiments.gates",
    "vote": "votes.panel",
    "work_with": "own.worker",
}

#: Public modules: `from jobqueue.lab import audit`. Those of a folder of their own, as `check`, need no line here.
MODULES = {
    "audit": "experiments.audit",
    "day": "experiments.day",
    "designs": "experiments.designs",
    "games": "site.games",
    "library": "course.library",
    "outage": "experiments.outage",
    "overload": "experiments.overload",
    "price": "experiments.price",
    "sale": "experiments.sale",
}

__all__ = sorted([*HOMES, *MODULES, "chaos", "charts", "check", "interrogate", "solutions"])


def __getattr__(name: str) -> Any:
    if name in HOMES:
        return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    if name in MODULES:
        return import_module(f"{__name__}.{MODULES[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
