"""Shortcuts must change nothing: known states, and steps that commute. Held against brute force, on random programs.

`-m long` tries hundreds; every day a few do. A seed that fails is the name of its test.
"""

import asyncio
import random
import time

import pytest
import redis.exceptions

from jobqueue.explorer import Bounds, Faults, Scenario

KINDS = ("crash", "lose_reply", "send_again", "pass_time", "refuse_memory")
MOST = 1_000  # schedules; a scenario with more is cut short, and compared with nothing


async def read(client, world, key, n, block=None):
    for _, entries in await client.xreadgroup("group", f"consumer {n}", {"stream": ">"}, count=1, block=block):
        world.record("ran", entries[0][1].get("id"))


async def each_pending(client, command):
    for row in await client.xpending_range("stream", "group", "-", "+", 5):
        await command(row["message_id"])


async def watch(client, world, key, n):
    async with client.pipeline() as transaction:
        await transaction.watch(key)
        await transaction.get(key)
        transaction.multi()
        transaction.set(key, n)
        try:
            await transaction.execute()
        except redis.exceptions.WatchError:
            world.record("refused")


async def in_a_task(client, world, key, n):
    task = asyncio.create_task(client.pipeline().incr(key).execute())
    world.record(await client.get(key))
    await task


async def time_out(client, world, key, n):
    try:
        async with asyncio.timeout(n):
            await (client.incr(key) if n == 1 else client.blpop(["list"], timeout=9))
    except TimeoutError:
        world.record("timeout", time.time())


async def script(client, world, key, n):
    world.record(await client.eval("redis.call('INCR', KEYS[1]) return redis.call('TIME')[1]", 1, key))


async def pop(client, world, key, n):
    world.record(await client.blpop(["list"], timeout=n))


async def idle(client, world, key, n):
    world.record(len(await client.xpending_range("stream", "group", "-", "+", 5, idle=n * 10_000)))


async def look(client, world, key, n):
    world.record(await client.get(key), await client.ttl(key))


COMMANDS = [
    read,
    watch,
    in_a_task,
    time_out,
    script,
    pop,
    idle,
    look,
    lambda client, world, key, n: read(client, world, key, n, block=n * 1000),
    lambda client, world, key, n: client.set(key, n, ex=n * 10),
    lambda client, world, key, n: client.incr(key),
    lambda client, world, key, n: client.xadd("stream", {"id": n}),
    lambda client, world, key, n: client.rpush("list", n),
    lambda client, world, key, n: asyncio.sleep(n),
    lambda client, world, key, n: world.step("effect", n),
    lambda client, world, key, n: client.pipeline().incr(key).xadd("stream", {"id": 9}).execute(),
    lambda client, world, key, n: client.pipeline(transaction=False).incr(key).get("a").execute(),
    lambda client, world, key, n: each_pending(client, lambda id: client.xack("stream", "group", id)),
    lambda client, world, key, n: each_pending(
        client, lambda id: client.xclaim("stream", "group", "me", n * 1000, [id])
    ),
]


def program(rng):
    calls = [(rng.choice(COMMANDS), rng.choice("ab"), rng.randint(1, 3)) for _ in range(rng.randint(1, 3))]

    async def run(client, world):
        for command, key, n in calls:
            try:
                await command(client, world, key, n)
            except redis.exceptions.ResponseError as error:
                world.record(type(error).__name__)

    return run


async def setup(client, world):
    await client.xgroup_create("stream", "group", "0", mkstream=True)
    await client.xadd("stream", {"id": 0})


def outcome(run, programs, faults, *, recognise, reduce=False):
    """All numbers of a report, and every end that was seen; None if there are too many schedules."""
    ends = set()

    def note(end):
        ends.add((repr(end.effects), end.content.digest, str(end.outcomes), end.now))

    scenario = Scenario(programs, setup, invariants=[note], faults=faults)
    report = run(scenario, recognise=recognise, reduce=reduce, bounds=Bounds(schedules=None if recognise else MOST))
    if report.bound and "run" in report.bound:
        return None
    problems = sorted((problem.kind, problem.faults, problem.schedules) for problem in report.problems)
    return ends, report.schedules, report.losing, problems


@pytest.mark.sampled(3)
@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(n, marks=pytest.mark.long) for n in range(12, 500))])
def test_shortcuts_find_the_same_ends(run, seed):
    rng = random.Random(seed)
    programs = {name: program(rng) for name in "xyz"[: rng.choice([2, 2, 3])]}
    faults = Faults(**dict.fromkeys(rng.sample(KINDS, rng.choice([0, 1, 1, 2])), 1), total=2)
    if brute_force := outcome(run, programs, faults, recognise=False):
        assert outcome(run, programs, faults, recognise=True) == brute_force
        assert outcome(run, programs, faults, recognise=True, reduce=True) == brute_force
