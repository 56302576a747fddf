"""The scheduler's games: four small programs of the course, whose every order the explorer has run for the page.

You decide which program goes next, crash one, or lose a reply, and try to break the rule. The task of each is in
notebooks/play.md. Each is explored when the site is built, so all the numbers on its page are counted.
"""

import inspect
import sys
from collections.abc import Callable
from types import ModuleType

import msgspec

from jobqueue import QueueFullError
from jobqueue.errors import BadSetting
from jobqueue.explorer import Faults, Finding, Play, Program, Scenario, invariants
from jobqueue.explorer.play import play as play_scenario
from jobqueue.lab.solutions import reap_stale_jobs

STREAM, GROUP = "jobs", "workers"


class Game(msgspec.Struct, frozen=True):
    """One game. `moral` is told at its end, and `lesson` is the notebook that mends it."""

    name: str
    moral: str
    lesson: str
    code: Callable[..., object] | ModuleType
    scenario: Scenario

    @property
    def source(self) -> str:
        """The function that you play against, as it's written, or the whole module."""
        return inspect.getsource(self.code)


async def reap_acknowledging_first(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 100, idle=stale_after_ms):
        entry = row["message_id"]
        for _, fields in await redis.xrange(stream, entry, entry):
            await redis.xack(stream, group, entry)
            await redis.xdel(stream, entry)
            await redis.xadd(stream, fields)


async def count_then_add(redis, stream, fields, capacity):
    if await redis.xlen(stream) >= capacity:
        raise QueueFullError(f"{stream} is full")
    await redis.xadd(stream, fields)


async def acknowledge_then_work(redis, world):
    reply = await redis.xreadgroup(GROUP, world.name, {STREAM: ">"}, count=1)
    for entry, fields in reply[0][1] if reply else []:
        await redis.xack(STREAM, GROUP, entry)
        await world.step("ran", fields["id"])


async def one_orphan(redis, world):
    await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    await redis.xadd(STREAM, {"id": "7"}, id="1-1")
    await redis.xreadgroup(GROUP, "ada", {STREAM: ">"})
    await redis.xclaim(STREAM, GROUP, "ada", 0, ["1-1"], idle=40_000, justid=True)


async def one_waiting(redis, world):
    await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    await redis.xadd(STREAM, {"id": "7"})


async def _reap_as_in_the_article(redis, world):
    await reap_acknowledging_first(redis, STREAM, GROUP)


async def _reap_in_one_step(redis, world):
    await reap_stale_jobs(redis, STREAM, GROUP)


async def _produce(redis, world):
    await count_then_add(redis, STREAM, {"id": world.name}, capacity=2)


def two_at_most(view):
    """Always: the stream holds at most two jobs."""
    depth = len(view.content.streams[STREAM].entries)
    return Finding("overfilled", f"{depth} jobs are in a queue for 2") if depth > 2 else None


RULES = (invariants.nothing_lost, invariants.nothing_duplicated)


def _reapers(reaper, **faults):
    healthy = invariants.healthy(STREAM, GROUP)
    return Scenario(dict.fromkeys(("rita", "rolf"), reaper), one_orphan, healthy, RULES, faults=Faults(**faults))


GAMES = (
    Game(
        "reaper",
        "Between the acknowledgement and the new entry the job is in no place at all. A crash there loses it.",
        "03-reaper",
        reap_acknowledging_first,
        _reapers(_reap_as_in_the_article, crash=1),
    ),
    Game(
        "last-place",
        "Both look before either adds, so both see a free place. Looking and adding must be one step.",
        "05-backpressure",
        count_then_add,
        Scenario(
            {name: Program(_produce, may_raise=(QueueFullError,)) for name in ("pia", "paul")},
            one_waiting,
            always=(two_at_most,),
        ),
    ),
    Game(
        "too-early",
        "After the acknowledgement Redis knows nothing of the job, and before the work nothing is done.",
        "04-acknowledgement",
        acknowledge_then_work,
        Scenario(
            {"ada": acknowledge_then_work},
            one_waiting,
            invariants.healthy(STREAM, GROUP),
            RULES,
            faults=Faults(crash=1, lose_reply=1),
        ),
    ),
    Game(
        "one-step",
        "You can't. Before the script nothing has changed, and after it everything has. There's no order in between.",
        "03-reaper",
        sys.modules[reap_stale_jobs.__module__],  # with the script that it runs
        _reapers(_reap_in_one_step, crash=1, lose_reply=1),
    ),
)


def play(name: str) -> Play:
    """A panel in a notebook, to play the game of this name there. Raises BadSetting if there's none."""
    scenarios = {game.name: game.scenario for game in GAMES}
    if name not in scenarios:
        raise BadSetting(f"there's no game {name!r}; the games are {', '.join(scenarios)}")
    return play_scenario(scenarios[name])
