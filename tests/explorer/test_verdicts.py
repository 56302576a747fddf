"""Programs that misbehave get a verdict with helpful words, in the child that explores for a notebook."""

import asyncio
import ctypes
import signal
import threading
from types import SimpleNamespace

import pytest
from small_world import acknowledge_then_requeue, reaping, work

from jobqueue.errors import BadSetting, ServerNotFound
from jobqueue.explorer import Faults, Program, Scenario, explore, replay
from jobqueue.explorer.engine.loop import Blocked, Hung
from jobqueue.explorer.isolation import session, watchdog
from jobqueue.explorer.isolation.channel import ChildSilent
from jobqueue.explorer.isolation.handle import ChildProcess, Lost


async def gets_twice(redis, world):
    await redis.get("other")
    await redis.get("other")


async def spins(redis, world):
    await redis.get("x")
    while True:
        pass


async def is_stubborn(redis, world):
    await redis.get("x")
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


async def wakes_up_for_ever(redis, world):
    while True:
        await asyncio.sleep(0)


async def never_ends(redis, world):
    while True:
        await redis.get("x")


async def sleeps_in_between(redis, world):
    while True:
        await redis.get("x")
        await asyncio.sleep(1)


async def blocks_in_between(redis, world):
    while True:
        await redis.blpop("nothing", timeout=1)


async def only_sleeps(redis, world):
    while True:
        await asyncio.sleep(1)


async def sleeps_for_ever(redis, world):
    await asyncio.sleep(float("inf"))


async def hangs(redis, world):
    await redis.get("x")
    await asyncio.Event().wait()


async def blocks_for_ever(redis, world):
    await redis.blpop(["nothing"])


async def leaks(redis, world):
    async def background():
        await asyncio.sleep(10)

    world.task = asyncio.create_task(background())
    await redis.get("x")


async def raises(redis, world):
    await redis.get("x")
    [][0]


async def raises_in_a_task(redis, world):
    async def background():
        raise ValueError("unseen")

    world.task = asyncio.create_task(background())
    await redis.get("x")


async def stops_the_world(redis, world):
    import time

    time.sleep(1)  # noqa: ASYNC251


async def ignores_its_signature(redis):
    pass


async def forgets_to_await(redis, world):
    redis.xack("jobs", "workers", "0-1")
    await redis.get("x")


called = []


async def remembers(redis, world):
    called.append(1)
    await redis.set("x", len(called))
    await redis.get("x")


def last_line(function):
    return max(line for *_, line in function.__code__.co_lines() if line)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("program", "kind", "words"),
    [
        (spins, "spins", " of spins (`"),
        (is_stubborn, "spins", "computes forever"),
        (wakes_up_for_ever, "spins", "without sending a command"),
        (never_ends, "endless", "still going after 100 commands"),
        (sleeps_in_between, "endless", "after 100 commands, and sleeps in between"),
        (blocks_in_between, "endless", "after 100 commands, and sleeps in between"),
        (only_sleeps, "endless", "slept 200 times"),
        (sleeps_for_ever, "hangs", "of sleeps_for_ever"),
        (hangs, "hangs", "of hangs"),
        (blocks_for_ever, "hangs", "waits for something that never comes"),
        (leaks, "leaks a task", "leaks.<locals>.background"),
        (raises, "raised", f"IndexError: list index out of range, at line {last_line(raises)} of raises (`[][0]`)"),
        (raises_in_a_task, "raised", "ValueError: unseen"),
        (stops_the_world, "raised", "await asyncio.sleep(1)"),
        (ignores_its_signature, "raised", "takes 1 positional argument but 2 were given"),
        (forgets_to_await, "not awaited", '`redis.xack("jobs", "workers", "0-1")`'),
        (remembers, "not deterministic", "global variable"),
    ],
)
async def test_a_verdict_with_words(program, kind, words):
    report = await explore(Scenario({"program": program, "other": gets_twice}))
    assert report.verdict == "violated"
    assert report.problem.kind == kind and words in report.problem.message


@pytest.fixture
def tick(monkeypatch):
    """`tick(turn, computed, waited)`: a quarter of a second later, of which so many seconds were spent so."""
    clocks = {"clock": 0.0, "computed": 0.0, "busy": 0.0}
    monkeypatch.setattr(watchdog, "process_time", lambda: clocks["computed"])
    monkeypatch.setattr(watchdog, "real_monotonic", lambda: clocks["clock"])
    monkeypatch.setattr(watchdog.Watchdog, "_busy", lambda self: clocks["busy"])
    monkeypatch.setattr(watchdog, "limit_processor", lambda seconds: None)
    monkeypatch.setattr(watchdog.signal, "signal", lambda *args: None)
    monkeypatch.setattr(watchdog.signal, "setitimer", lambda *args: None)
    dog = watchdog.Watchdog(lambda *words: tick.given_up.append(words), lambda: tick.broken)

    def tick(turn, computed=0.0, waited=0.0, seconds=0.25, running=True, frame=None):
        dog.loop = SimpleNamespace(running=running, rounds=turn)
        clocks["clock"] += seconds
        clocks["computed"] += computed
        clocks["busy"] += computed + waited
        dog._tick(0, frame)

    tick.given_up, tick.broken = [], False
    return tick


def test_a_program_that_waits_for_the_processor_does_not_compute_for_ever(tick):
    """On a busy machine a program's turn may last for minutes of which it hardly has any."""
    for _ in range(35):
        tick(turn=1, computed=0.025, waited=0.225)
    for _ in range(4):
        tick(turn=2, computed=0.25)
    with pytest.raises(Hung):  # a second of nothing but computing
        tick(turn=2, computed=0.25)


def test_a_loop_that_is_known_to_be_endless_is_soon_ended_when_it_is_met_again(tick):
    """Each further schedule, and each step of shrinking, would cost a second more."""
    endless, other = (compile("", file, "exec") for file in ("endless", "other"))
    frames = [SimpleNamespace(f_code=code, f_back=None, f_lineno=1, f_globals={}) for code in (endless, other)]
    for _ in range(4):
        tick(turn=1, computed=0.25, frame=frames[0])
    with pytest.raises(Hung):
        tick(turn=1, computed=0.25, frame=frames[0])
    tick(turn=2, computed=0.25, frame=frames[0])
    with pytest.raises(Hung):
        tick(turn=2, computed=0.25, frame=frames[0])
    for _ in range(4):  # another function has its second
        tick(turn=3, computed=0.25, frame=frames[1])


def test_a_program_that_neither_computes_nor_waits_for_the_processor_is_blocked(tick):
    for _ in range(12):
        tick(turn=1)
    with pytest.raises(Blocked):
        tick(turn=1)


def test_a_program_that_catches_everything_is_ended_with_its_process(tick):
    for _ in range(4):
        tick(turn=1, computed=0.25)
    with pytest.raises(Hung):
        tick(turn=1, computed=0.25)
    assert not tick.given_up
    with pytest.raises(Hung):
        tick(turn=1, computed=0.25)
    [(kind, words)] = tick.given_up
    assert kind == "spins" and "catches what is to stop it" in words


def test_the_explorers_own_long_turns_are_ended_only_if_a_program_broke_something(tick):
    for _ in range(40):
        tick(turn=1, computed=0.25, running=False)
    tick.broken = True
    with pytest.raises(Hung):
        for _ in range(8):
            tick(turn=1, computed=0.25, running=False)


def test_a_machine_that_slept_blocks_no_program(tick):
    tick(turn=1)
    tick(turn=1, seconds=3600)
    tick(turn=1)


def test_a_pause_that_is_counted_as_work_is_no_work_without_end(tick):
    tick(turn=1)
    tick(turn=1, computed=60.0)
    tick(turn=1, computed=0.25)


@pytest.mark.slow
async def test_what_blocks_is_found_too():
    async def program(redis, world):
        import threading

        await redis.get("x")
        threading.Event().wait()

    report = await explore(Scenario({"program": program}))
    assert (report.problem.kind, report.bound) == ("stops the loop", "a program stops the loop")
    assert "threading.Event().wait()" in report.problem.message


@pytest.mark.slow
async def test_what_cannot_be_interrupted_is_ended_by_the_time_it_computed():
    async def program(redis, world):
        await redis.get("x")
        sum(range(10**12))

    report = await explore(Scenario({"program": program}))
    assert (report.verdict, report.bound, report.problem.kind) == ("violated", "spins", "spins")
    assert (await explore(Scenario({"program": gets_twice}))).ok


async def test_a_child_that_has_gone_meanwhile_is_replaced():
    scenario = Scenario({"program": gets_twice})
    assert (await explore(scenario)).ok
    for child in session._idle:
        child.process.kill()
    assert (await explore(scenario)).ok


async def test_an_explorer_without_a_server_says_so(monkeypatch):
    monkeypatch.setenv("JOBQUEUE_SERVER", "/dev/null")
    session.close()
    with pytest.raises(ServerNotFound, match="JOBQUEUE_SERVER names /dev/null"):
        await explore(Scenario({"program": gets_twice}))


async def test_a_child_that_goes_silent_is_killed(monkeypatch):
    async def program(redis, world):
        ctypes.CDLL(None).signal(signal.SIGALRM, 1)  # to ignore it, behind Python's back
        await redis.get("x")
        threading.Event().wait()

    monkeypatch.setattr(session, "SILENCE", 1.5)
    report = await explore(Scenario({"program": program}))
    assert (report.verdict, report.bound, report.problem.kind) == ("violated", "silent", "silent")
    assert (await explore(Scenario({"program": gets_twice}))).ok, "the next one gets a new child"


@pytest.mark.parametrize(("busy", "spans"), [(0.0, 4), (5.0, 13)])
async def test_a_silent_child_is_given_up_by_what_it_does_not_by_the_clock(monkeypatch, busy, spans):
    """`busy`: seconds of each 5 s in which the child computes, or waits for the processor."""
    child, asked = ChildProcess.__new__(ChildProcess), []

    async def hear_nothing(patience):
        asked.append(patience)
        raise ChildSilent

    monkeypatch.setattr(ChildProcess, "_busy", lambda self: busy * len(asked))
    child.channel = SimpleNamespace(receive=hear_nothing)
    with pytest.raises(Lost, match="no sign of life"):
        await child.receive(20.0)
    assert len(asked) == spans


async def test_an_expected_error_is_no_problem():
    assert (await explore(Scenario({"program": Program(raises, may_raise=(IndexError,))}))).ok


async def test_a_setup_that_fails_says_so():
    with pytest.raises(RuntimeError, match="setup failed: setup raised IndexError"):
        await explore(Scenario({"program": work}, setup=raises))


async def test_a_program_that_uses_what_is_only_here_is_told_so():
    lock = threading.Lock()

    async def program(redis, world):
        await redis.set("x", lock.locked())

    with pytest.raises(BadSetting, match="Does a function use this notebook's redis or world"):
        await explore(Scenario({"program": program}))


async def test_the_first_words_come_at_once_and_interrupting_returns_what_is_known():
    async def long(redis, world):
        for number in range(12):
            await redis.get(f"{number}")

    news = []
    scenario = Scenario({"a": long, "b": long, "c": long})
    task = asyncio.create_task(explore(scenario, recognise=False, on_progress=news.append))
    while len(news) < 3:
        await asyncio.sleep(0.01)
    task.cancel()
    report = await task
    assert news[0].runs == 0 and news[-1].runs > 0
    assert (report.verdict, report.bound) == ("holds within a bound", "interrupted")
    assert report.ok and report.schedules >= news[-1].runs


async def test_explorations_side_by_side_agree_with_each_other_and_with_this_process(run):
    scenario = reaping(acknowledge_then_requeue, work, faults=Faults(crash=1))
    reports = [*await asyncio.gather(explore(scenario), explore(scenario)), run(scenario)]
    assert len({(report.schedules, report.losing, report.states) for report in reports}) == 1


async def test_a_changed_function_is_not_mistaken_for_the_old_one():
    def scenario(value):
        async def program(redis, world):
            world.record("value", value)

        return Scenario({"program": program}, invariants=[lambda end: end.effects[0][1]])

    assert [(await explore(scenario(value))).problem.message for value in ("1", "2")] == ["1", "2"]


async def test_stopping_what_has_just_ended_confuses_nobody():
    scenario = Scenario({"program": gets_twice})
    for pause in (0.0, 0.001, 0.003, 0.01):
        task = asyncio.create_task(replay(scenario, []))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await explore(scenario)).schedules == 1
