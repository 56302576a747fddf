"""What a program may use, and what each fault does to it: one small scenario each, on the real server."""

import asyncio
import random
import time
import uuid

import pytest
import redis.exceptions
from small_world import one_waiting

from jobqueue.explorer import Faults, Program, Scenario
from jobqueue.explorer.engine.loop import VirtualLoop


def ends(run, programs, *, setup=None, faults=None, **options):
    """Every set of effects with which schedules end, each as a sorted tuple; and the report."""
    seen = set()

    def watch(end):
        seen.add(tuple(sorted(end.effects, key=str)))

    if not isinstance(programs, dict):
        programs = {"a": programs}
    report = run(Scenario(programs, setup, invariants=[watch], faults=faults or Faults(), **options))
    return seen, report


def test_watch_sees_the_others_write(run):
    async def add(client, world):
        async with client.pipeline() as transaction:
            await transaction.watch("n")
            n = int(await transaction.get("n") or 0)
            transaction.multi()
            transaction.set("n", n + 1)
            try:
                await transaction.execute()
                world.record("added")
            except redis.WatchError:
                world.record("refused")

    async def read(client, world):
        world.record("n", await client.get("n"))

    seen, report = ends(run, {"a": add, "b": add}, finish=read)
    assert report.ok
    assert seen == {(("added",), ("added",), ("n", "2")), (("added",), ("n", "1"), ("refused",))}


def test_a_pipeline_is_a_step_a_command_and_a_transaction_is_one(run):
    def sends(transaction):
        async def program(client, world):
            await client.pipeline(transaction=transaction).incr("n").incr("n").execute()

        return program

    async def look(client, world):
        world.record(await client.get("n"))

    assert ends(run, {"a": sends(False), "b": look})[0] == {((None,),), (("1",),), (("2",),)}
    assert ends(run, {"a": sends(True), "b": look})[0] == {((None,),), (("2",),)}


def test_a_blocked_read_is_woken_by_what_it_waits_for(run):
    async def reads(client, world):
        for _, entries in await client.xreadgroup("workers", "w", {"jobs": ">"}, block=5_000):
            world.record("got", entries[0][1]["id"], time.time() - 1_700_000_000)

    async def adds(client, world):
        await asyncio.sleep(2)
        await client.xadd("jobs", {"id": "7"})

    async def group(client, world):
        await client.xgroup_create("jobs", "workers", mkstream=True)

    assert ends(run, {"reader": reads, "adder": adds}, setup=group)[0] == {(("got", "7", 2.0),)}


def test_a_blocked_read_gives_up_in_time_and_first_come_is_first_served(run):
    async def pops(client, world):
        popped = await client.blpop(["list"], timeout=3)
        world.record(popped and popped[1], time.time() - 1_700_000_000)

    async def pushes(client, world):
        await client.rpush("list", "x")

    assert ends(run, pops)[0] == {((None, 3.0),)}
    assert ends(run, {"a": pops, "b": pops, "c": pushes})[0] == {(("x", 0.0), (None, 3.0))}


SCRIPT = "return {redis.call('TIME')[1], redis.call('XADD', KEYS[1], 'MAXLEN', '~', 9, '*', 'a', ARGV[1]), #ARGV}"


@pytest.mark.parametrize("shebang", ["", "#!lua flags=allow-oom\n"])
def test_scripts_live_in_virtual_time(run, shebang):
    async def program(client, world):
        await asyncio.sleep(7)
        script = client.register_script(shebang + SCRIPT)
        world.record(*await script(keys=["s"], args=["x"]))
        world.record(*await client.eval(shebang + SCRIPT, 1, "s", "x"))

    first = ("1700000007", "1700000007000-0", 1)
    assert ends(run, program)[0] == {(first, ("1700000007", "1700000007000-1", 1))}


@pytest.mark.parametrize(
    "send", [lambda client, text: client.eval(text, 0), lambda client, text: client.register_script(text)()]
)
def test_a_script_that_does_not_compile_says_so_and_in_which_of_its_lines(run, send):
    async def program(client, world):
        try:
            await send(client, "local a = 1\nreturn (")
        except redis.ResponseError as error:
            world.record(str(error))

    (((message,),),) = ends(run, program)[0]
    assert "Error compiling script" in message and "user_script:2: unexpected symbol near '<eof>'" in message


def test_what_is_pending_and_what_expires_ages(run):
    async def program(client, world):
        await client.xreadgroup("workers", "w", {"jobs": ">"})
        await client.set("lock", "mine", ex=30)
        await asyncio.sleep(20)
        (row,) = await client.xpending_range("jobs", "workers", "-", "+", 9)
        world.record(row["time_since_delivered"], row["times_delivered"], await client.get("lock"))
        await asyncio.sleep(20)
        world.record(await client.get("lock"), len(await client.xclaim("jobs", "workers", "v", 40_000, ["0-1"])))

    async def setup(client, world):
        await client.xgroup_create("jobs", "workers", mkstream=True)
        await client.xadd("jobs", {"id": "1"}, id="0-1")

    assert ends(run, program, setup=setup)[0] == {((20_000, 1, "mine"), (None, 1))}


def test_a_crash_runs_no_finally(run):
    async def program(client, world):
        try:
            await client.incr("n")
            await client.incr("n")
        finally:
            world.record("finally")

    seen, report = ends(run, program, faults=Faults(crash=1))
    assert seen == {(), (("finally",),)} and report.schedules == 3


def test_a_lost_reply_leaves_the_command_done(run):
    async def program(client, world):
        try:
            await client.incr("n")
        except redis.ConnectionError:
            world.record("lost", await client.get("n"))

    assert ends(run, program, faults=Faults(lose_reply=1))[0] == {(), (("lost", "1"),)}


def test_an_error_after_a_fault_is_a_fair_end(run):
    async def program(client, world):
        await client.incr("n")

    assert ends(run, program, faults=Faults(lose_reply=1))[1].ok


def test_sent_again_happens_twice(run):
    async def program(client, world):
        world.record(await client.incr("n"))

    assert ends(run, program, faults=Faults(send_again=1))[0] == {((1,),), ((2,),)}


def test_memory_refuses_what_needs_memory_only(run):
    async def program(client, world):
        for name, command in (("set", client.set("n", 1)), ("del", client.delete("n"))):
            try:
                await command
            except redis.exceptions.OutOfMemoryError:
                world.record("refused", name)
        try:
            await client.pipeline().delete("n").set("n", 1).execute()
        except redis.ResponseError as error:
            world.record("transaction", type(error).__name__)

    seen, report = ends(run, program, faults=Faults(refuse_memory=1))
    assert report.ok
    assert seen == {(), (("refused", "set"),), (("transaction", "OutOfMemoryError"),)}


def test_tasks_are_lanes_of_their_own(run):
    async def program(client, world):
        async def beat():
            await client.set("beat", 1)

        beats = asyncio.create_task(beat(), name="heart")
        world.record(await client.get("beat"))
        await beats
        await asyncio.gather(client.incr("n"), client.incr("n"))

    seen, report = ends(run, program)
    assert seen == {((None,),), (("1",),)}
    assert report.schedules == 2 + 2 * 2 - 2  # GET and SET in two orders, then the two INCRs in two


def test_timeouts_and_cancelled_commands(run):
    async def program(client, world):
        try:
            async with asyncio.timeout(3):
                await client.blpop(["nothing"], timeout=0)
        except TimeoutError:
            world.record("timeout", time.monotonic() - 1_700_000_000)

    assert ends(run, program)[0] == {(("timeout", 3.0),)}


def test_a_cancelled_command_was_sent_and_may_still_happen(run):
    async def program(client, world):
        try:
            async with asyncio.timeout(3):
                await client.incr("n")
        except TimeoutError:
            world.record("cancelled", await client.get("n"))

    seen, _ = ends(run, program, faults=Faults(pass_time=1))
    assert seen == {(), (("cancelled", None),), (("cancelled", "1"),)}


def test_time_passes_on_the_living_only_as_a_fault(run):
    async def holds(client, world):
        await client.xreadgroup("workers", "w", {"jobs": ">"})
        await client.xack("jobs", "workers", "0-1")

    async def looks(client, world):
        world.record(len(await client.xpending_range("jobs", "workers", "-", "+", 9, idle=30_000)))

    programs = {"a": holds, "b": looks}
    assert ends(run, programs, setup=one_waiting)[0] == {((0,),)}
    assert ends(run, programs, setup=one_waiting, faults=Faults(pass_time=1))[0] == {((0,),), ((1,),)}


def test_chance_is_the_same_every_time(run):
    async def program(client, world):
        await client.get("n")
        world.record(uuid.uuid4().hex, uuid.uuid1().hex, random.random(), random.choice("abc"))

    first = ends(run, {"a": program, "b": program})[0]
    assert len(first) == 1 and first == ends(run, {"a": program, "b": program})[0]
    assert random.random() != random.random(), "and is itself again afterwards"
    assert uuid.uuid1(clock_seq=7).clock_seq == 7, "and so are names from the clock, which other libraries draw (dask)"


def test_bytes_or_text_as_asked(run):
    async def program(client, world):
        await client.set("n", "x")
        world.record(await client.get("n"), await world.client(decode_responses=True).get("n"))

    assert ends(run, program, decode_responses=False)[0] == {((b"x", "x"),)}


def test_a_daemon_does_not_keep_a_schedule_alive(run):
    async def beats(client, world):
        while True:
            await client.incr("beats")
            await asyncio.sleep(10)

    async def works(client, world):
        await client.get("job")

    assert ends(run, {"heart": Program(beats, daemon=True), "worker": works})[1].verdict == "holds"


def test_a_program_may_begin_with_a_script_that_nobody_knows_yet(run):
    def runs(number):
        async def program(client, world):
            world.record(world.name, *await client.register_script(f"return {{ARGV[1], {number}}}")(args=["x"]))

        return program

    programs = {name: runs(number) for number, name in enumerate("abc")}
    seen = {(("a", "x", 0), ("b", "x", 1), ("c", "x", 2))}
    assert ends(run, programs, setup=one_waiting)[0] == seen


def test_invariants_are_told_which_faults_have_struck(run):
    faults = set()

    def watch(view):
        faults.add(view.faults)

    async def program(client, world):
        await client.incr("n")
        await client.incr("n")

    run(Scenario({"a": program}, invariants=[watch], faults=Faults(crash=1, send_again=1)))
    assert faults == {(), ("crash",), ("send_again",), ("crash", "send_again")}


def test_a_set_of_tasks_has_the_same_order_in_every_run():
    """asyncio cancels a TaskGroup in the order of a set: by addresses, it would be another order each time."""
    loop, kept, orders = VirtualLoop(), [], set()
    for _ in range(30):
        loop.reset(0)
        tasks = [loop.create_task(forever(loop)) for _ in range(9)]
        loop.run_until_quiet()
        orders.add(tuple(map(tasks.index, set(tasks))))
        kept.append(tasks)  # the next have other addresses
    for task in (task for tasks in kept for task in tasks):
        task._log_destroy_pending = False
    assert len(orders) == 1


async def forever(loop):
    await loop.create_future()


async def two_idle(client, world):
    """ann has been silent for 90 s; bob for 5 s, although he never received one of his entries."""
    await client.xgroup_create("jobs", "workers", "0", mkstream=True)
    for number in range(3):
        await client.xadd("jobs", {"id": number})
    for consumer in ("ann", "bob"):
        await client.xreadgroup("workers", consumer, {"jobs": ">"}, count=1)
    await asyncio.sleep(85)
    await client.xreadgroup("workers", "bob", {"jobs": ">"}, count=1)
    await asyncio.sleep(5)


XINFO = """
local group = redis.call('XINFO', 'STREAM', 'jobs', 'FULL')
for at = 1, #group, 2 do if group[at] == 'groups' then group = group[at + 1][1] break end end
local times = {}
for at = 1, #group, 2 do
  if group[at] == 'pending' then for _, row in ipairs(group[at + 1]) do times[#times + 1] = row[3] end end
end
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', 'jobs', 'workers')) do
  for at = 1, #row, 2 do if row[at] == 'idle' then times[#times + 1] = row[at + 1] end end
end
return times
"""


def test_instants_and_idle_times_agree_with_the_virtual_clock(run):
    async def look(client, world):
        full = await client.xinfo_stream("jobs", full=True)
        now = int((await client.time())[0] * 1000)
        [group] = full["groups"]
        for transaction in (True, False):
            [(seconds, _), listed] = await client.pipeline(transaction=transaction).time().exists("jobs").execute()
            world.record("in a pipeline", seconds * 1000 - now, listed)
        world.record("clocks differ by", now - int(time.time() * 1000))
        world.record("pending", tuple(now - delivered for _, _, delivered, _ in group["pending"]))
        for consumer in group["consumers"]:
            world.record(consumer["name"], now - consumer["seen-time"], now - consumer["active-time"])
            world.record(consumer["name"], tuple(now - delivered for _, delivered, _ in consumer["pending"]))
        for row in await client.xinfo_consumers("jobs", "workers"):
            world.record("consumer", row["name"], row["idle"])
        inside = await client.eval(XINFO, 0)
        world.record("in a script", tuple(now - at for at in inside[:3]), tuple(inside[3:]))

    seen, report = ends(run, look, setup=two_idle)
    assert report.ok
    assert seen == {
        (
            ("ann", (90_000,)),
            ("ann", 90_000, 90_000),
            ("bob", (90_000, 5_000)),
            ("bob", 5_000, 5_000),
            ("clocks differ by", 0),
            ("consumer", "ann", 90_000),
            ("consumer", "bob", 5_000),
            ("in a pipeline", 0, 1),
            ("in a pipeline", 0, 1),
            ("in a script", (90_000, 90_000, 5_000), (90_000, 5_000)),
            ("pending", (90_000, 90_000, 5_000)),
        )
    }


LEAST = "return #redis.call('XPENDING', 'jobs', 'workers', 'IDLE', ARGV[1], '-', '+', 9)"


@pytest.mark.parametrize("more_than", [89_000, 90_000])
def test_a_fraction_of_a_second_never_decides_what_is_idle(run, more_than):
    async def look(client, world):
        least = more_than + 1
        rows = await client.xpending_range("jobs", "workers", "-", "+", 9, idle=least)
        ids = [row["message_id"] for row in await client.xpending_range("jobs", "workers", "-", "+", 9)]
        world.record("listed", len(rows), await client.eval(LEAST, 0, least))
        world.record("claimed", len(await client.xclaim("jobs", "workers", "eve", least, ids)))

    count = 2 if more_than == 89_000 else 0
    assert ends(run, look, setup=two_idle)[0] == {(("claimed", count), ("listed", count, count))}
