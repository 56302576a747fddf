"""The control room: every dial, every fault and every live picture of a world, on one screen.

    room = control_room(world)
    room                                          # the last line of a cell: it displays itself

Press `f`, or its button, to fill the screen. From a cell, `await room.do(name, value)` does the same as a button.
"""

import asyncio
import inspect
from typing import Any

import ipywidgets
from redis.exceptions import RedisError

from jobqueue.errors import JobQueueError
from jobqueue.keys import Tier
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.room.desk import LEASES, MARKS, POLICIES, RATES
from jobqueue.lab.room.edges import PICTURES, BarEdge, DeskEdge, Edge
from jobqueue.lab.room.loads import Loads
from jobqueue.lab.room.orders import ORDERS, QUEUE
from jobqueue.lab.room.tally import RunningTally
from jobqueue.lab.world.world import World

#: The meaning of each policy, by its name without numbers.
POLICY_SAYS = {
    "": "Each worker follows a policy of its own, which is strict if it was hired without one.",
    "strict": "Always the highest tier that has work. A flood in one tier starves those below.",
    "aging": "A waiting job rises by one tier for every few seconds that it has waited. Nothing starves.",
    "weighted": "A random tier among those that have work, by weight. Each gets its share.",
}


def control_room(world: World) -> "ControlRoom":
    """Return the one control room of this world."""
    return world.pictures.one(ControlRoom, world=world)


class ControlRoom(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    """The whole room: an account at the top, a desk on the left, and the world's live pictures."""

    def __init__(self, world: World):
        self.world = world
        self.loads = Loads(world.traffic)
        self.bar, self.desk = BarEdge(self._begin), DeskEdge(self._begin)
        self.edges: tuple[Edge, ...] = self.bar, self.desk
        self._tasks: set[asyncio.Task[None]] = set()  # what buttons began: a task without a reference may vanish
        pictures = [getattr(world.pictures, name)().add_class(f"jq-shows-{name}") for name in PICTURES]
        super().__init__([*self.edges, ipywidgets.Box(pictures).add_class("jq-stage")])
        self.add_class("jq-room")

    def __repr__(self) -> str:  # for a stored notebook, which shows no widget
        return f"the control room, which you can see while its kernel runs: {self.bar.view.spoken()}"

    @property
    def tally(self) -> RunningTally:
        """The running account."""
        return self.bar.view.tally

    def share(self, names: EntryNames) -> None:
        """The room names no entry: its pictures do."""

    def push(self, frame: WorldFrame) -> None:
        """Show a frame, as any live picture does."""
        for edge in self.edges:
            edge.push(frame)

    def freeze(self) -> None:
        """Show that the world has stopped. No button works from now on."""
        for edge in self.edges:
            edge.freeze()

    async def do(self, name: str, value: str = "") -> None:
        """Do what the button or dial of this name does. The bar shows an error in one line, without a traceback."""
        try:
            sentence = self._turn(name, value)
            sentence = (await sentence if inspect.isawaitable(sentence) else sentence) or ""
        except Exception as error:
            known = isinstance(error, JobQueueError | RedisError | OSError)
            self._say(str(error) if known else f"{type(error).__name__}: {error}", "error")
        else:
            if sentence:
                self._say(sentence, "calm" if name not in ORDERS or ORDERS[name].calm else "fault")
        self._show()

    def _turn(self, name: str, value: str) -> Any:
        """Carry out an order, or turn a dial; returns the sentence to show, or an awaitable of it."""
        dial, _, tier = name.partition(".")
        if dial in ORDERS:
            return self._order(dial)
        return getattr(self, f"_do_{dial}")(*([value, tier] if tier else [value]))

    async def _order(self, name: str) -> str:
        order, worker = ORDERS[name], self.desk.view.chosen
        done = order.does(self.world, worker)
        if inspect.isawaitable(done):
            await done
        if name in QUEUE:
            self.loads.forget()
            self.desk.view.chosen = ""
            await self.world.recorder.next()  # the last frame with the old jobs is behind us
            self.bar.view.tally = RunningTally()
        return order.says.format(worker=worker)

    def _do_choose(self, name: str) -> None:
        self.desk.view.chosen = name

    def _do_rate(self, position: str, tier: Tier) -> None:
        self.loads.turn(tier, RATES[int(position)])

    def _do_flood(self, _: str, tier: Tier) -> None:
        self.loads.flood(tier)

    def _do_arrivals(self, words: str) -> None:
        self.loads.choose(arrivals=words)

    def _do_task(self, words: str) -> None:
        self.loads.choose(task=words)

    def _do_marks(self, words: str, tier: Tier) -> str:
        marks = MARKS[words]
        self.world.limit(tier, marks)
        if not marks:
            self._mark(f"{tier} without limit")
            return f"{tier} takes every job."
        self._mark(f"{tier} limited to {marks[1]:,}")
        return f"{tier} is full at {marks[1]:,} jobs, and then refuses more until it has fallen to {marks[0]:,}."

    async def _do_policy(self, words: str) -> str:
        await self.world.queue.set_policy(POLICIES[words] or None)
        self._mark(f"policy: {words}")
        return POLICY_SAYS[POLICIES[words].partition(":")[0]]

    async def _do_lease(self, position: str) -> str:
        await self.world.queue.set_lease(seconds := LEASES[int(position)])
        self._mark(f"lease {seconds:g} s")
        return f"A job that has been silent for {seconds:g} s is taken away from its worker."

    def _mark(self, label: str) -> None:
        self.world.recorder.mark(label, fault=False)

    def _begin(self, name: str, value: str) -> None:
        self._tasks.add(task := asyncio.get_running_loop().create_task(self.do(name, value)))
        task.add_done_callback(self._tasks.discard)

    def _say(self, words: str, kind: str) -> None:
        recorder = self.world.recorder
        self.bar.view.latest.say(recorder.now, words, kind, recorder.marks)

    def _show(self) -> None:
        """Show changes now, not with the next frame, because someone has just pressed a button and is looking."""
        view, loads = self.desk.view, self.loads
        view.rates, view.flooded, view.arrivals, view.task = loads.rates, loads.flooded, loads.arrivals, loads.task
        for edge in self.edges:
            edge.show()
