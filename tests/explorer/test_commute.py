"""Steps that commute are run in one order only, and every number stays the same."""

import contextlib
import itertools
from math import comb

import pytest
from redis.exceptions import ResponseError, WatchError

from jobqueue.explorer import Faults, Scenario
from jobqueue.explorer.invariants import healthy, nothing_duplicated, nothing_lost
from jobqueue.explorer.redis_seam.wire import pack

#: Commands with keys in all kinds of places. `WORDS` is what a person types.
WITH_KEYS = [
    "GET a", "SET a 1 EX 5", "MSET a 1 b 2", "DEL a b c", "XADD s * f 1", "XLEN s", "LMOVE a b LEFT RIGHT",
    "XREADGROUP GROUP g me COUNT 1 STREAMS s t > >", "XREAD BLOCK 5 STREAMS s 0", "XACK s g 1-0", "XINFO GROUPS s",
    "XGROUP CREATE s g 0 MKSTREAM", "XAUTOCLAIM s g me 0 0", "XPENDING s g", "ZUNIONSTORE d 2 a b", "OBJECT ENCODING a",
    "BITOP AND d a b", "BLPOP a b 0", "ZADD z 1 m", "HSET h f 1", "PFCOUNT a b", "SINTERCARD 2 a b",
]  # fmt: skip


@pytest.mark.parametrize("words", WITH_KEYS)
def test_a_command_touches_the_keys_that_redis_says(server, words):
    command = tuple(words.encode().split())
    [keys] = server.wire.exchange(pack([(b"COMMAND", b"GETKEYS", *command)]), 1)
    assert server.table.keys_of([command]) == frozenset(keys)


WITH_ANY_KEYS = ["EVAL x 1 a", "FCALL f 1 a", "FLUSHALL", "KEYS *", "SORT a BY b*", "NO-SUCH a", "XREAD BLOCK 5"]


@pytest.mark.parametrize("words", WITH_ANY_KEYS)
def test_a_command_that_may_touch_more_touches_everything(server, words):
    assert server.table.keys_of([tuple(words.encode().split())]) is None


def writes(key, times):
    async def write(redis, world):
        for _ in range(times):
            await redis.incr(key)

    return write


def reads(key):
    async def read(redis, world):
        await redis.get(key)
        await redis.strlen(key)

    return read


def records(redis, world):
    return world.step("something")


def counts_by_script(key, times=1):
    return lambda redis, world: redis.eval(f"for i = 1, {times} do redis.call('INCR', KEYS[1]) end", 1, key)


def counts_in_a_transaction(key):
    return lambda redis, world: redis.pipeline().eval("return redis.call('INCR', KEYS[1])", 1, key).incr(key).execute()


def reads_by_script(key):
    return lambda redis, world: redis.eval("return redis.call('GET', KEYS[1])", 1, key)


def touches_undeclared(key):
    return lambda redis, world: redis.eval(f"return redis.call('INCR', '{key}')", 0)


def fails_by_script(key):
    async def fail(redis, world):
        with contextlib.suppress(ResponseError):
            await redis.eval("redis.call('INCR', KEYS[1]) redis.call('NO-SUCH')", 1, key)

    return fail


def adds(redis, world):
    return redis.xadd("s", {"id": 1})


def deletes(redis, world):
    return redis.xdel("s", "1-0")


def acknowledges(redis, world):
    return redis.xack("s", "g", "1-0")


def lists(redis, world):
    return redis.xrange("s")


async def lists_pending(redis, world):
    with contextlib.suppress(ResponseError):  # there's no group
        await redis.xpending("s", "g")


async def watches(redis, world):
    async with redis.pipeline() as transaction:
        await transaction.watch("a")
        transaction.multi()
        transaction.get("c")
        with contextlib.suppress(WatchError):
            await transaction.execute()


#: Scenarios of two programs: how many different stories they have.
STORIES = {
    "two keys": (writes("a", 10), writes("b", 10), 1),
    "one key": (writes("a", 3), writes("a", 3), comb(6, 3)),
    "two readers of one key": (reads("a"), reads("a"), 1),
    "a reader and a writer": (reads("a"), writes("a", 1), 3),
    "two effects, whose order can be seen": (records, records, 2),
    "what is added, and what is acknowledged": (adds, acknowledges, 1),
    "what is deleted, and what is acknowledged": (deletes, acknowledges, 1),
    "scripts on two keys": (counts_by_script("a"), counts_by_script("b"), 1),
    "scripts on two keys, in transactions": (counts_in_a_transaction("a"), counts_in_a_transaction("b"), 1),
    "scripts on one key": (counts_by_script("a"), counts_by_script("a"), 2),
    "scripts that read one key": (reads_by_script("a"), reads_by_script("a"), 1),
    "a script that touches a key it doesn't declare": (touches_undeclared("a"), writes("a", 1), 2),
    "a script that fails, and what it may have touched": (fails_by_script("a"), writes("b", 1), 2),
    "scripts that send hundreds of commands": (counts_by_script("a", 300), counts_by_script("b", 300), 2),
    "two that add to one stream": (adds, adds, 2),
    "a look at entries, and what is added": (lists, adds, 2),
    "a look at the pending list, and what is added": (lists_pending, adds, 1),
    "a look at the pending list, and what is acknowledged": (lists_pending, acknowledges, 2),
    "a transaction that watches, and what it doesn't watch": (watches, writes("b", 1), 1),
    "a transaction that watches, and what it watches": (watches, writes("a", 1), 3),
}


@pytest.mark.parametrize(("one", "other", "stories"), STORIES.values(), ids=STORIES)
def test_schedules_that_only_swap_steps_that_commute_are_one_story(run, one, other, stories):
    report = run(Scenario({"one": one, "other": other}))
    assert report.stories == stories
    assert f" {stories} different stor" in report.coverage


def consumer(stream):
    async def consume(redis, world):
        while reply := await redis.xreadgroup("group", world.name, {stream: ">"}, count=1):
            [(entry, fields)] = reply[0][1]
            await redis.hset(f"seen by {world.name}", fields["id"], 1)
            await redis.xack(stream, "group", entry)
            await redis.xdel(stream, entry)
        world.record("done")

    return consume


async def two_streams(redis, world):
    for stream, number in itertools.product("ab", range(4)):
        await redis.xadd(stream, {"id": f"{stream}{number}"})
    for stream in "ab":
        await redis.xgroup_create(stream, "group", "0")


def numbers(report):
    problems = [(one.kind, one.faults, one.schedules, one.schedule.choices) for one in report.problems]
    return report.verdict, report.schedules, report.losing, report.states, problems


def test_two_streams_take_a_fifth_of_the_runs(run):
    scenario = Scenario({"ada": consumer("a"), "ben": consumer("b")}, two_streams)
    whole, reduced = run(scenario, reduce=False), run(scenario)
    assert numbers(reduced) == numbers(whole)
    assert reduced.runs * 5 <= whole.runs


async def careless(redis, world):
    if reply := await redis.xreadgroup("group", world.name, {"a": ">"}, count=1):
        [(entry, fields)] = reply[0][1]
        await redis.xack("a", "group", entry)
        world.record("ran", fields["id"])


FAULTS = [Faults(), Faults(crash=1), Faults(crash=1, lose_reply=1, pass_time=1, total=2)]


@pytest.mark.parametrize("faults", FAULTS, ids=lambda faults: faults.words())
def test_problems_and_their_simplest_schedules_stay_the_same(run, faults):
    rules = [nothing_lost, nothing_duplicated]
    scenario = Scenario({"ada": careless, "ben": careless}, two_streams, healthy("a", "group"), rules, faults=faults)
    whole, reduced = run(scenario, reduce=False), run(scenario)
    assert numbers(reduced) == numbers(whole)
    assert reduced.runs <= whole.runs


def test_a_program_that_remembers_is_noticed_though_one_run_is_enough(run):
    called = []

    async def remembers(redis, world):
        called.append(1)
        await redis.set("x", len(called))

    assert run(Scenario({"alone": remembers})).problem.kind == "not deterministic"
