"""What the control room's buttons do, each with what it says when it is done: a table, and no widget.

An order is given to a world, and to the worker that is chosen, if it is one for a worker. It may return an awaitable.
"""

from collections.abc import Callable
from typing import NamedTuple

#: How hard the buttons hit.
SLOWER, HOARD, DELAY, THROTTLE, PAUSE = 4, 64, 0.2, 2000, 3


class Order(NamedTuple):
    """One button."""

    words: str
    #: What is to be seen now; {who} is the worker.
    says: str
    does: Callable
    calm: bool = False


#: For the chosen worker's process.
PROCESS = {
    "kill": Order(
        "kill -9",
        "{who} is gone without a word. What it held stays pending under its name until its lease is over.",
        lambda world, who: world.kill(who),
    ),
    "freeze": Order(
        "freeze",
        "{who} is alive and silent: its heartbeat stands still too. To the reaper it looks dead.",
        lambda world, who: world.freeze(who),
    ),
    "thaw": Order(
        "thaw",
        "{who} goes on where it was. Whatever was reaped meanwhile is no longer its own.",
        lambda world, who: world.thaw(who),
        calm=True,
    ),
    "slow": Order(
        f"slow ×{SLOWER}",
        f"{{who}} needs {SLOWER} times as long for a job; its heartbeat keeps time.",
        lambda world, who: world.slow(who, SLOWER),
    ),
    "quick": Order(
        "full speed", "{who} works at its own pace again.", lambda world, who: world.slow(who, 1), calm=True
    ),
    "hoard": Order(
        f"hoard {HOARD}",
        f"{{who}} takes up to {HOARD} jobs into its hands, and works on no more than before. Others go without.",
        lambda world, who: world.hoard(who, HOARD),
    ),
    "share": Order("share", "{who} takes only what it can work on.", lambda world, who: world.hoard(who, 1), calm=True),
    "fire": Order(
        "fire",
        "{who} drains: it fetches nothing more, finishes what it holds, and leaves.",
        lambda world, who: world.fire(who),
        calm=True,
    ),
}

#: For the chosen worker's network.
NETWORK = {
    "partition": Order(
        "cut off",
        "Nothing passes between {who} and Redis, and nobody is told. Both wait for the other.",
        lambda world, who: world.faults.partition(who),
    ),
    "cut": Order(
        "cut once",
        "{who}'s connections broke in the middle of whatever passed. It may make new ones at once.",
        lambda world, who: world.faults.cut(who),
    ),
    "lose_reply": Order(
        "lose a delivery",
        "The next jobs {who} fetches are its own in Redis's ledger, and it never hears of them.",
        lambda world, who: world.faults.lose_reply(who),
    ),
    "requests": Order(
        "no requests",
        "What {who} says vanishes on its way, heartbeats and outcomes too.",
        lambda world, who: world.faults.swallow(who, "requests"),
    ),
    "replies": Order(
        "no replies",
        "Redis does what {who} asks, and {who} never hears.",
        lambda world, who: world.faults.swallow(who, "replies"),
    ),
    "delay": Order(
        f"delay {DELAY:g} s",
        f"Everything between {{who}} and Redis takes {DELAY:g} s longer, each way.",
        lambda world, who: world.faults.delay(who, DELAY),
    ),
    "throttle": Order(
        f"{THROTTLE / 1000:g} kB/s",
        f"{{who}}'s connections carry {THROTTLE / 1000:g} kB a second.",
        lambda world, who: world.faults.throttle(who, THROTTLE),
    ),
    "heal": Order(
        "heal",
        "{who}'s network is whole. What vanished stays vanished.",
        lambda world, who: world.faults.heal(who),
        calm=True,
    ),
}

#: For Redis.
REDIS = {
    "kill_redis": Order(
        "kill -9", "Redis is gone. Workers wait, and try again and again.", lambda world, who: world.faults.kill_redis()
    ),
    "pause_redis": Order(
        f"pause {PAUSE} s",
        f"Redis stands still for {PAUSE} s: it accepts connections, and says nothing.",
        lambda world, who: world.faults.pause_redis(PAUSE),
    ),
    "fill_memory": Order(
        "fill memory",
        "Redis refuses every new job for want of memory. Whatever is under way is settled.",
        lambda world, who: world.faults.fill_memory(),
    ),
    "free_memory": Order(
        "free memory", "Redis has room again.", lambda world, who: world.faults.free_memory(), calm=True
    ),
    "restart_redis": Order(
        "restart",
        "Redis is back, with every job it had acknowledged. Leases begin anew.",
        lambda world, who: world.faults.restart_redis(),
        calm=True,
    ),
    "restart_empty": Order(
        "restart, data lost",
        "Redis is back, and empty, as one without persistence: what was unsettled is lost.",
        lambda world, who: world.faults.restart_redis(keep=False),
    ),
}

#: For the fleet.
FLEET = {
    "hire": Order("hire one", "One worker more.", lambda world, who: world.hire(), calm=True),
    "heal_all": Order("heal all", "Every network is whole.", lambda world, who: world.faults.heal(), calm=True),
}

ORDERS = PROCESS | NETWORK | REDIS | FLEET
#: Those that need a worker.
FOR_ONE = frozenset(PROCESS | NETWORK)
