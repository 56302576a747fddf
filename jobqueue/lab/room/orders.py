"""The control room's buttons as a table: what each does, and what it says when it's done. No widget is in here.

An order takes the world, and the name of the chosen worker. It may return an awaitable.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from jobqueue.lab.world.fresh import clear, start_afresh

if TYPE_CHECKING:
    from jobqueue.lab.world.world import World

#: How hard the buttons hit.
SLOWER, HOARD, DELAY, THROTTLE, PAUSE = 4, 64, 0.2, 2000, 3

#: Workers after a fresh start.
CREW = 3


class Order(NamedTuple):
    """One button."""

    words: str
    #: What you can see now; {worker} is the chosen worker's name.
    says: str
    does: Callable[["World", str], object]
    calm: bool = False


#: For the chosen worker's process.
PROCESS = {
    "kill": Order(
        "kill -9",
        "{worker} is gone and couldn't say goodbye. Its jobs stay pending under its name until their leases run out.",
        lambda world, name: world.fleet.kill(name),
    ),
    "freeze": Order(
        "freeze",
        "{worker} is alive and silent, because its heartbeat stands still too. To the reaper it looks dead.",
        lambda world, name: world.fleet.freeze(name),
    ),
    "thaw": Order(
        "thaw",
        "{worker} goes on where it stopped. Jobs that were reaped in the meantime aren't its own now.",
        lambda world, name: world.fleet.thaw(name),
        calm=True,
    ),
    "slow": Order(
        f"slow ×{SLOWER}",
        f"{{worker}} takes {SLOWER} times as long per job. Its heartbeat isn't slower.",
        lambda world, name: world.fleet.slow(name, SLOWER),
    ),
    "quick": Order(
        "full speed", "{worker} works at its own pace again.", lambda world, name: world.fleet.slow(name, 1), calm=True
    ),
    "hoard": Order(
        f"hoard {HOARD}",
        f"{{worker}} holds up to {HOARD} jobs and works on no more at once than before. The other workers get fewer.",
        lambda world, name: world.fleet.hoard(name, HOARD),
    ),
    "share": Order(
        "share",
        "{worker} takes only as many jobs as it can work on.",
        lambda world, name: world.fleet.hoard(name, 1),
        calm=True,
    ),
    "fire": Order(
        "fire",
        "{worker} drains: it fetches no more jobs, finishes those that it holds, and leaves.",
        lambda world, name: world.fleet.fire(name),
        calm=True,
    ),
}

#: For the chosen worker's network.
NETWORK = {
    "partition": Order(
        "cut off",
        "Nothing passes between {worker} and Redis, and neither side knows. Each waits for the other.",
        lambda world, name: world.faults.partition(name),
    ),
    "cut": Order(
        "cut once",
        "{worker}'s connections broke in the middle of what passed. It can open new ones at once.",
        lambda world, name: world.faults.cut(name),
    ),
    "lose_reply": Order(
        "lose a delivery",
        "The next jobs that {worker} fetches are pending under its name, but it never hears of them.",
        lambda world, name: world.faults.lose_reply(name),
    ),
    "requests": Order(
        "no requests",
        "Everything that {worker} sends vanishes on its way, heartbeats and outcomes too.",
        lambda world, name: world.faults.swallow(name, "requests"),
    ),
    "replies": Order(
        "no replies",
        "Redis does what {worker} asks, but {worker} gets no reply.",
        lambda world, name: world.faults.swallow(name, "replies"),
    ),
    "delay": Order(
        f"delay {DELAY:g} s",
        f"Everything between {{worker}} and Redis takes {DELAY:g} s longer, each way.",
        lambda world, name: world.faults.delay(name, DELAY),
    ),
    "throttle": Order(
        f"{THROTTLE / 1000:g} kB/s",
        f"{{worker}}'s connections carry {THROTTLE / 1000:g} kB per second.",
        lambda world, name: world.faults.throttle(name, THROTTLE),
    ),
    "heal": Order(
        "heal",
        "{worker}'s network is whole. What vanished stays vanished.",
        lambda world, name: world.faults.heal(name),
        calm=True,
    ),
}

#: For Redis.
REDIS = {
    "kill_redis": Order(
        "kill -9",
        "Redis is gone. The workers wait, and try again and again.",
        lambda world, name: world.faults.kill_redis(),
    ),
    "pause_redis": Order(
        f"pause {PAUSE} s",
        f"Redis stands still for {PAUSE} s: it accepts connections and says nothing.",
        lambda world, name: world.faults.pause_redis(PAUSE),
    ),
    "fill_memory": Order(
        "fill memory",
        "Redis refuses every new job because it's out of memory. Jobs under way can still be settled.",
        lambda world, name: world.faults.fill_memory(),
    ),
    "free_memory": Order(
        "free memory", "Redis has room again.", lambda world, name: world.faults.free_memory(), calm=True
    ),
    "restart_redis": Order(
        "restart",
        "Redis is back, with every job that it had accepted. All leases start over.",
        lambda world, name: world.faults.restart_redis(),
        calm=True,
    ),
    "restart_empty": Order(
        "restart, data lost",
        "Redis is back and empty, like one without persistence. All unsettled jobs are lost.",
        lambda world, name: world.faults.restart_redis(keep=False),
    ),
}

#: For the fleet.
FLEET = {
    "hire": Order("hire one", "One more worker.", lambda world, name: world.fleet.hire(), calm=True),
    "heal_all": Order("heal all", "Every network is whole.", lambda world, name: world.faults.heal(), calm=True),
}

#: For the whole queue. After one of these the account starts over, and no load is on.
QUEUE = {
    "clear": Order(
        "clear the queue",
        "Every job is deleted, and the account starts over. Jobs that were running don't count.",
        lambda world, name: clear(world),
        calm=True,
    ),
    "afresh": Order(
        "start afresh",
        f"An empty queue, {CREW} new workers, no limits, no faults. The account starts over.",
        lambda world, name: start_afresh(world, CREW),
        calm=True,
    ),
}

ORDERS = PROCESS | NETWORK | REDIS | FLEET | QUEUE
#: The orders that need a worker.
FOR_ONE = frozenset(PROCESS | NETWORK)
