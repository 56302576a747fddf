"""The control room: every dial, every fault and every live picture of a world, on one screen.

    control_room(world)                           # the last line of a cell: it displays itself

`f`, or its button, makes it fill the screen. What a button does, `room.do(name, value)` does from a cell.
"""

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from weakref import WeakKeyDictionary

import ipywidgets
from redis.exceptions import RedisError

from jobqueue.errors import JobQueueError
from jobqueue.keys import TIERS
from jobqueue.lab.live.view import View
from jobqueue.lab.live.widget import Live
from jobqueue.lab.room import markup
from jobqueue.lab.room.bar import Bar
from jobqueue.lab.room.desk import LEASES, MARKS, POLICIES, RATES, Desk
from jobqueue.lab.room.loads import ARRIVALS, TASKS, Loads
from jobqueue.lab.room.orders import ORDERS
from jobqueue.lab.room.tally import Tally

HERE = Path(__file__).parent

#: The live pictures: what the world calls them → words.
PICTURES = {"machine": "machine", "strip": "strip", "lanes": "workers"}

CHOICES = {f"marks.{tier}": list(MARKS) for tier in TIERS}
CHOICES |= {"policy": list(POLICIES), "arrivals": list(ARRIVALS), "task": list(TASKS)}


def _text(*path: str) -> str:
    return HERE.joinpath(*path).read_text(encoding="utf-8")


class Edge(Live):
    """An edge of the room: a live picture that also hears what hands do to it."""

    _esm = _text("live", "live.js") + _text("room", "room.js")
    _css = _text("live", "live.css") + _text("room", "room.css")

    def __init__(self, view: View, html: str, do: Callable[[str, str], object]):
        super().__init__(view, html)
        self.view, self.do = view, do

    def show(self) -> None:
        """The view was told something that is in no frame."""
        if self.watched:
            self._tell(self.feed.hear({"hello": True}))

    def _hear(self, widget, message: dict, buffers) -> None:
        if "do" in message:
            self.do(str(message["do"]), str(message.get("value", "")))
        else:
            super()._hear(widget, message, buffers)


class BarEdge(Edge):
    """The upper edge."""

    def __init__(self, do: Callable[[str, str], object]):
        view = Bar()
        super().__init__(view, markup.bar(view.values(), PICTURES), do)


class DeskEdge(Edge):
    """The left edge."""

    def __init__(self, do: Callable[[str, str], object]):
        view = Desk(next(iter(ARRIVALS)), next(iter(TASKS)))
        super().__init__(view, markup.desk(view.values(), CHOICES), do)


class ControlRoom(ipywidgets.Box):
    """The whole of it."""

    def __init__(self, world):
        self.world = world
        self.loads = Loads(world)
        self._tasks: set[asyncio.Task] = set()  # what a hand began: a task that nobody holds may vanish
        self.bar = world._live(BarEdge, do=self._start)
        self.desk = world._live(DeskEdge, do=self._start)
        stage = ipywidgets.Box(self._pictures()).add_class("jq-stage")
        for edge, css in ((self.bar, "jq-bar"), (self.desk, "jq-desk")):
            edge.add_class("jq-edge").add_class(css)
        super().__init__([self.bar, self.desk, stage])
        self.add_class("jq-room")

    @property
    def tally(self) -> Tally:
        """The running account."""
        return self.bar.view.tally

    async def do(self, name: str, value: str = "") -> None:
        """What the button or dial of this name does. What it would raise is shown on the bar."""
        try:
            said = self._turn(name, value)
            said = (await said if inspect.isawaitable(said) else said) or ""
        except Exception as error:  # a button's traceback would be seen by nobody
            known = isinstance(error, JobQueueError | RedisError | OSError)
            return self._say(str(error) if known else f"{type(error).__name__}: {error}", "error")
        finally:
            self._show()
        if said:
            self._say(said, "calm" if name not in ORDERS or ORDERS[name].calm else "fault")

    def _turn(self, name: str, value: str):
        """Begin what was asked for; returns what to say, or an awaitable of it."""
        what, _, tier = name.partition(".")
        if what in ORDERS:
            return self._order(what)
        return getattr(self, f"_do_{what}")(value, tier) if tier else getattr(self, f"_do_{what}")(value)

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

    def _do_marks(self, words: str, tier: str) -> None:
        self.world.limit(tier, MARKS[words])

    def _do_arrivals(self, words: str) -> None:
        self.loads.choose(arrivals=words)

    def _do_task(self, words: str) -> None:
        self.loads.choose(task=words)

    async def _do_policy(self, words: str) -> None:
        await self.world.queue.set_policy(POLICIES[words] or None)

    async def _do_lease(self, position: str) -> None:
        await self.world.queue.set_lease(LEASES[int(position)])

    def _start(self, name: str, value: str) -> None:
        self._tasks.add(task := asyncio.get_running_loop().create_task(self.do(name, value)))
        task.add_done_callback(self._tasks.discard)

    def _say(self, words: str, kind: str) -> None:
        self.bar.view.say(words, kind, len(self.world.recorder.marks))
        self._show()

    def _show(self) -> None:
        """At once, and not with the next frame: whoever pressed is looking."""
        view, loads = self.desk.view, self.loads
        view.rates, view.flooded, view.arrivals, view.task = loads.rates, loads.flooded, loads.arrivals, loads.task
        for edge in (self.bar, self.desk):
            edge.show()

    def _pictures(self) -> list[ipywidgets.Widget]:
        return [getattr(self.world, name)().add_class(f"jq-shows-{name}") for name in PICTURES]


_rooms: WeakKeyDictionary = WeakKeyDictionary()


def control_room(world) -> ControlRoom:
    """The control room of a world: one, however often it is asked for."""
    if world not in _rooms:
        _rooms[world] = ControlRoom(world)
    return _rooms[world]
