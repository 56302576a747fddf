"""Every state of a search as a person sees it, and the choices between them, for a page that walks through them."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from jobqueue.explorer.engine.replay import shorten
from jobqueue.explorer.engine.run import Run
from jobqueue.explorer.engine.simulation import EPOCH
from jobqueue.explorer.record import Choice, Record, describe
from jobqueue.explorer.redis_seam.content import Stream

#: Redis's content in types that JSON knows.
Keys: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class AtlasPlace:
    """A state: Redis, how each program fares, the effects so far, and virtual seconds since the start."""

    keys: Keys
    outcomes: dict[str, str]
    effects: list[str]
    now: float


@dataclass(frozen=True)
class Road:
    """A choice in a state, the command that it sends, Redis's answer in short, and the state it leads to."""

    choice: Choice
    command: str
    reply: str
    target: int


@dataclass
class Atlas:
    """The places and roads of one search, by the numbers of states in its graph.

    After the search: the findings at each end, how many schedules lead on from each place, how many of those go wrong,
    and the simplest way to each problem.
    """

    names: dict[bytes, str] = field(default_factory=dict)  # of scripts, by their hash
    places: dict[int, AtlasPlace] = field(default_factory=dict)
    roads: dict[int, list[Road]] = field(default_factory=dict)
    findings: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    schedules: dict[int, int] = field(default_factory=dict)
    losing: dict[int, int] = field(default_factory=dict)
    problems: list[tuple[str, list[Choice]]] = field(default_factory=list)

    def add_place(self, state: int, run: Run) -> None:
        """Keep what there is to see in `run` now, unless `state` is known."""
        if state not in self.places:
            keys = {name: _plain(value) for name, value in run.look().keys.items()}
            effects = [" ".join(map(str, effect)) for effect in run.effects]
            self.places[state] = AtlasPlace(keys, run.outcomes(), effects, run.loop.now - EPOCH)
            self.roads[state] = []

    def add_road(self, state: int, record: Record, target: int) -> None:
        """Keep the choice that led from `state` to `target`."""
        command = describe(record.commands, self.names) if record.commands else ""
        reply = shorten(record) if record.raw else ""
        self.roads[state].append(Road(record.choice, command, reply, target))


def _plain(value: object) -> object:
    if isinstance(value, Stream):
        groups = {
            name: {
                "last": group.last_delivered,
                "pending": [[row.id, row.consumer, row.idle, row.deliveries] for row in group.pending],
            }
            for name, group in value.groups.items()
        }
        return {"entries": value.entries, "groups": groups}
    return sorted(value) if isinstance(value, set) else value
