"""The control room: every dial, every fault and every live picture of a world, on one screen.

    room = control_room(world)
    room                                          # the last line of a cell: it displays itself

`f`, or its button, makes it fill the screen. What a button does, `await room.do(name, value)` does from a cell.
"""

import asyncio
import inspect

import ipywidgets
from redis.exceptions import RedisError

from jobqueue.errors import JobQueueError
from jobqueue.lab.room.desk import LEASES, MARKS, POLICIES, RATES
from jobqueue.lab.room.edges import PICTURES, BarEdge, DeskEdge
from jobqueue.lab.room.loads import Loads
from jobqueue.lab.room.orders import ORDERS
from jobqueue.lab.room.tally import Tally

#: What a policy's name says of itself, before its numbers.
POLICY_SAYS = {
    "": "Each worker follows a policy of its own: strict, if it was hired without one.",
    "strict": "The highest tier that has work, always. A flood above starves those below.",
    "aging": "A waiting job rises by one tier for each few seconds it has waited. Nothing starves.",
    "weighted": "A tier at random, by its weight among those that have work. Each gets its share.",
}


def control_room(world) -> "ControlRoom":
    """The control room of a world: one, however often it is asked for."""
    return world._live(ControlRoom, world=world)


class ControlRoom(ipywidgets.Box):
    """The whole of it: an account above, a desk at the left, and the world's live pictures."""

    def __init__(self, world):
        self.world = world
        self.loads = Loads(world)
        self.edges = self.bar, self.desk = BarEdge(self._begin), DeskEdge(self._begin)
        self._tasks: set[asyncio.Task] = set()  # what a hand began: a task that nobody holds may vanish
        pictures = [getattr(world, name)().add_class(f"jq-shows-{name}") for name in PICTURES]
        super().__init__([*self.edges, ipywidgets.Box(pictures).add_class("jq-stage")])
        self.add_class("jq-room")

    def __repr__(self) -> str:  # what a stored notebook shows where no widget can be shown
        return f"the control room, to be seen while its kernel runs: {self.bar.view.spoken()}"

    @property
    def tally(self) -> Tally:
        """The running account."""
        return self.bar.view.tally

    def push(self, frame: dict) -> None:
        """Show a frame, as any live picture does."""
        for edge in self.edges:
            edge.push(frame)

    def freeze(self) -> None:
        """The world has stopped: nothing can be done any more."""
        for edge in self.edges:
            edge.freeze()

    async def do(self, name: str, value: str = "") -> None:
        """What the button or dial of this name does. What goes wrong is said on the bar: nobody sees a traceback."""
        try:
            said = self._turn(name, value)
            said = (await said if inspect.isawaitable(said) else said) or ""
        except Exception as error:
            known = isinstance(error, JobQueueError | RedisError | OSError)
            self._say(str(error) if known else f"{type(error).__name__}: {error}", "error")
        else:
            if said:
                self._say(said, "calm" if name not in ORDERS or ORDERS[name].calm else "fault")
        self._show()

    def _turn(self, name: str, value: str):
        """Begin what was asked for; returns what to say, or an awaitable of it."""
        what, _, tier = name.partition(".")
        if what in ORDERS:
            return self._order(what)
        return getattr(self, f"_do_{what}")(*([value, tier] if tier else [value]))

    async def _order(self, name: str) -> str:
        order, who = ORDERS[name], self.desk.view.chosen
        done = order.does(self.world, who)
        if inspect.isawaitable(done):
            await done
        return order.says.format(who=who)

    def _do_choose(self, name: str) -> None:
        self.desk.view.chosen = name

    def _do_rate(self, position: str, tier: str) -> None:
        self.loads.turn(tier, RATES[int(position)])

    def _do_flood(self, _: str, tier: str) -> None:
        self.loads.flood(tier)

    def _do_arrivals(self, words: str) -> None:
        self.loads.choose(arrivals=words)

    def _do_task(self, words: str) -> None:
        self.loads.choose(task=words)

    def _do_marks(self, words: str, tier: str) -> str:
        marks = MARKS[words]
        self.world.limit(tier, marks)
        if not marks:
            self._mark(f"{tier} without limit")
            return f"{tier} takes as many as come."
        self._mark(f"{tier} limited to {marks[1]:,}")
        return f"{tier} is full at {marks[1]:,} jobs, and refuses until it has fallen to {marks[0]:,}."

    async def _do_policy(self, words: str) -> str:
        await self.world.queue.set_policy(POLICIES[words] or None)
        self._mark(f"policy: {words}")
        return POLICY_SAYS[POLICIES[words].partition(":")[0]]

    async def _do_lease(self, position: str) -> str:
        await self.world.queue.set_lease(seconds := LEASES[int(position)])
        self._mark(f"lease {seconds:g} s")
        return f"Whatever has been silent for {seconds:g} s is taken away from its worker."

    def _mark(self, label: str) -> None:
        self.world.recorder.mark(label, fault=False)

    def _begin(self, name: str, value: str) -> None:
        self._tasks.add(task := asyncio.get_running_loop().create_task(self.do(name, value)))
        task.add_done_callback(self._tasks.discard)

    def _say(self, words: str, kind: str) -> None:
        recorder = self.world.recorder
        self.bar.view.latest.say(recorder.now, words, kind, recorder.marks)

    def _show(self) -> None:
        """At once, and not with the next frame: whoever pressed is looking."""
        view, loads = self.desk.view, self.loads
        view.rates, view.flooded, view.arrivals, view.task = loads.rates, loads.flooded, loads.arrivals, loads.task
        for edge in self.edges:
            edge.show()
