"""Faults of the network between one worker and Redis: on request, by name, until they're healed.

Each fault is a mark in the recording. One that lasts also shows a word next to its worker, until it ends.
"""

import math
from typing import Any

from jobqueue.errors import BadSetting
from jobqueue.lab.fleet.fleet import Fleet
from jobqueue.lab.fleet.marks import Marks
from jobqueue.lab.fleet.members import Member
from jobqueue.lab.fleet.proxy import REPLIES, REQUESTS


class NetworkFaults:
    """Spoils the traffic between one worker and Redis. Each method takes the worker's name."""

    def __init__(self, fleet: Fleet, marks: Marks):
        self.fleet, self.marks = fleet, marks
        fleet.network.on_full = lambda: marks.recorder.mark("the network has no file descriptor left")
        fleet.network.on_lost = lambda name: marks.end("lose", fleet.members[name])

    async def cut(self, name: str) -> None:
        """Cut all its connections, once, in the middle of what passes."""
        member = await self._tell(name, call="cut")
        self.marks.recorder.mark(f"{member.name}'s connections cut")

    async def delay(self, name: str, seconds: float) -> None:
        """Make everything take that much longer, each way; 0 ends it."""
        seconds = check_number("delay", seconds, "seconds", least=0, most=60)
        member = await self._tell(name, set={"delay": seconds})
        self._lasts(member, "delay", seconds > 0, f"delay {seconds:g} s", f"{name} delayed by {seconds:g} s")

    async def throttle(self, name: str, bytes_per_second: float) -> None:
        """Let no more than that pass, on each connection and each way; `heal` ends it."""
        rate = check_number("throttle", bytes_per_second, "bytes per second", least=1)
        member = await self._tell(name, set={"rate": rate})
        self._lasts(member, "throttle", True, f"{rate:g} bytes/s", f"{name} throttled to {rate:g} bytes/s")

    async def lose_reply(self, name: str) -> None:
        """Lose the reply to its next fetch that brings a job. So the job is pending, and the worker never sees it."""
        # Its mark comes first: under load the reply is lost, and `on_lost` called, before `_tell` has its answer.
        self._lasts(self.fleet.living(name), "lose", True, "loses a reply", f"{name}'s next delivery lost")
        await self._tell(name, call="lose_reply", **{"with": ["", self.fleet.queue.keys.prefix]})

    async def swallow(self, name: str, way: str) -> None:
        """Let everything that goes this way, "requests" or "replies", vanish untold; `heal` ends it."""
        if way not in (REQUESTS, REPLIES):
            raise BadSetting(f"swallow either 'requests' or 'replies', not {way!r}")
        member = await self._tell(name, set={"swallows": [way]})
        self._lasts(member, "swallow", True, f"{way} vanish", f"{name}'s {way} vanish")

    async def partition(self, name: str) -> None:
        """Let nothing pass, and tell neither side: each finds the other silent; `heal` ends it."""
        member = await self._tell(name, set={"swallows": [REQUESTS, REPLIES]})
        self._lasts(member, "swallow", True, "cut off", f"{name} cut off")

    async def heal(self, name: str | None = None) -> None:
        """End all of these for one worker, or for all. Lost bytes stay lost, so connections with holes are cut."""
        for member in [self.fleet.living(name)] if name is not None else self.fleet.members.values():
            if member.alive:
                await self._tell(member.name, call="heal")
                for kind in ("delay", "throttle", "lose", "swallow"):
                    self.marks.end(kind, member)

    async def _tell(self, name: str, **order: Any) -> Member:
        member = self.fleet.living(name)
        await self.fleet.network.tell(name, **order)
        return member

    def _lasts(self, member: Member, kind: str, on: bool, word: str, label: str) -> None:
        if on:
            self.marks.begin(kind, label, member, word)
        else:
            self.marks.end(kind, member)


def check_number(setting: str, given: object, unit: str, *, least: float, most: float = math.inf) -> float:
    """Return `given`. Raises BadSetting unless it's a number from `least` to `most`."""
    if not isinstance(given, int | float) or not (math.isfinite(given) and least <= given <= most):
        limits = f"at least {least:g}" + (f" and at most {most:g}" if most < math.inf else "")
        raise BadSetting(f"{setting} takes a number of {unit}, {limits}, not {given!r}")
    return given
