"""Whatever an odd function does, its verdict says so in true words, soon, and leaves no process behind.

What harms the checker's own process or server is in tests/explorer/test_poisons.py.
"""

import asyncio
import contextlib
import functools
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from helpers import eventually
from jobqueue.errors import QueueFullError
from jobqueue.lab import check
from jobqueue.lab.solutions.enqueue import enqueue_job
from jobqueue.lab.solutions.process import process_one
from jobqueue.lab.solutions.reaper import reap_stale_jobs
from jobqueue.lab.solutions.settle_failure import settle_failure as settle

#: The parameters of each piece.
PARAMETERS = {
    "read": "redis, stream, after",
    "orphans": "redis, stream, group, idle_ms",
    "process": "redis, stream, group, consumer, handle",
    "reaper": "redis, stream, group, stale_after_ms=30_000",
    "enqueue": "redis, stream, fields, capacity",
    "settle_failure": "redis, stream, group, entry_id, fields, error, max_attempts",
}


def piece(checker, deed):
    """A function for `checker` that does `deed(redis, stream)` and nothing else."""
    made = {"deed": deed}
    exec(f"async def {deed.__name__}({PARAMETERS[checker]}): return await deed(redis, stream)", made)
    return made[deed.__name__]


async def floods_the_output(redis, stream):
    for _ in range(100):
        print("x" * 100_000)
        print("x" * 100_000, file=sys.stderr)


async def calls_exit(redis, stream):
    exit()


async def calls_sys_exit(redis, stream):
    sys.exit("done")


async def calls_os_exit(redis, stream):
    os._exit(0)


async def kills_itself(redis, stream):
    os.kill(os.getpid(), signal.SIGKILL)


async def ends_by_a_signal(redis, stream):
    signal.raise_signal(signal.SIGTERM)


async def is_interrupted(redis, stream):
    raise KeyboardInterrupt


async def raises_a_bare_base_exception(redis, stream):
    raise BaseException


async def raises_generator_exit(redis, stream):
    raise GeneratorExit


async def raises_a_group(redis, stream):
    raise ExceptionGroup("several", [ValueError("one"), KeyError("two")])


async def stops_an_iteration(redis, stream):
    raise StopIteration


async def forks(redis, stream):
    if not os.fork():
        time.sleep(1000)  # noqa: ASYNC251


async def runs_a_program(redis, stream):
    subprocess.run(["redis-cli", "ping"])  # noqa: ASYNC221


async def looks_up_a_host(redis, stream):
    socket.gethostbyname("localhost")


async def opens_a_socket(redis, stream):
    socket.create_connection(("127.0.0.1", 6379))


async def uses_a_client_of_its_own(redis, stream):
    from redis.asyncio import Redis

    await Redis().xlen(stream)


async def uses_a_blocking_client(redis, stream):
    from redis import Redis

    Redis().xlen(stream)


async def asks_at_the_keyboard(redis, stream):
    input("Go on? ")  # noqa: ASYNC250


async def stops_for_a_debugger(redis, stream):
    breakpoint()


async def starts_a_loop_in_the_loop(redis, stream):
    asyncio.run(redis.xlen(stream))


async def leaves_a_task(redis, stream):
    task = asyncio.create_task(redis.xlen(stream))
    del task


async def waits_for_a_thread(redis, stream):
    thread = threading.Thread(target=threading.Event().wait, daemon=True)
    thread.start()
    thread.join()


async def leaves_a_thread(redis, stream):
    threading.Thread(target=threading.Event().wait, daemon=True).start()


async def uses_a_pool_of_threads(redis, stream):
    with ThreadPoolExecutor() as threads:
        threads.submit(sum, [1]).result()


async def asks_many_questions_at_once(redis, stream):
    await asyncio.gather(*(redis.exists(stream) for _ in range(40)))


async def takes_all_memory(redis, stream):
    kept = []
    while True:
        kept.append("x" * 1_000_000)


async def recurses(redis, stream):
    await recurses(redis, stream)


async def spins(redis, stream):
    while True:
        pass


async def spins_and_catches_everything(redis, stream):
    while True:
        with contextlib.suppress(BaseException):
            while True:
                pass


async def spins_out_of_reach(redis, stream):
    sum(range(10**12))


async def sleeps_for_ever_in_steps(redis, stream):
    while True:
        await asyncio.sleep(1)


async def works_and_sleeps_for_ever(redis, stream):
    while True:
        await redis.exists(stream)
        await asyncio.sleep(1)


async def blocks_for_ever_in_steps(redis, stream):
    while True:
        await redis.xread({"another": "$"}, block=1_000)


async def blocks_for_ever(redis, stream):
    await redis.blpop(["nothing"])


async def sleeps_without_end(redis, stream):
    await asyncio.sleep(float("inf"))


async def stops_its_program(redis, stream):
    time.sleep(1)  # noqa: ASYNC251


async def empties_redis(redis, stream):
    await redis.flushall()


async def deletes_the_stream(redis, stream):
    await redis.delete(stream)


async def deletes_the_stream_in_a_script(redis, stream):
    await redis.eval("return redis.call('DEL', KEYS[1])", 1, stream)


async def deletes_and_makes_it_again(redis, stream):
    await redis.delete(stream)
    await redis.xadd(stream, {"id": "another"})


async def writes_a_string_over_it(redis, stream):
    await redis.set(stream, "text")


async def renames_it(redis, stream):
    await redis.rename(stream, f"{stream}:old")


async def moves_it(redis, stream):
    await redis.move(stream, 1)


async def lets_it_expire(redis, stream):
    await redis.expire(stream, 86_400)


async def destroys_its_groups(redis, stream):
    for group in await redis.xinfo_groups(stream):
        await redis.xgroup_destroy(stream, group["name"])


async def uses_it_as_a_list(redis, stream):
    await redis.rpush(stream, "x")


async def patches_the_clock(redis, stream):
    time.time = time.monotonic = lambda: 0
    random.random = None


async def remembers_in_a_module(redis, stream):
    asyncio.calls = getattr(asyncio, "calls", 0) + 1
    await redis.set("calls", asyncio.calls)


async def returns_much(redis, stream):
    return ["x" * 1_000] * 50_000


async def returns_nan(redis, stream):
    return float("nan")


async def returns_half_a_character(redis, stream):
    return ["\ud800"]


async def returns_what_cannot_be_shown(redis, stream):
    class Odd(str):
        def __repr__(self):
            raise ValueError("no words")

        __str__ = __repr__

    return [Odd("x")]


async def returns_a_coroutine(redis, stream):
    return redis.xlen(stream)


async def awaits_twice(redis, stream):
    asked = redis.exists(stream)
    await asked
    await asked


async def subscribes(redis, stream):
    await redis.pubsub().subscribe("news")


async def writes_what_is_no_text(redis, stream):
    await redis.set("x", b"\xff")
    await redis.get("x")


EVERY = tuple(PARAMETERS)
ON_JOBS = ("orphans", "process", "reaper", "settle_failure")  # pieces that are given a stream with a group
ONLY_COMMANDS = "The checker gives your function Redis and a clock, and nothing else."

#: A deed, the checkers that it's tried on, the bug they name (None: the deed is harmless, and so its lack of work is
#: named), and words of the verdict.
DEEDS = [
    (floods_the_output, ("reaper", "read"), None, ""),
    (calls_exit, EVERY, "ends-the-program", "`exit()`"),
    (calls_sys_exit, ("process",), "ends-the-program", "SystemExit: done"),
    (calls_os_exit, ("enqueue",), "ends-the-program", "`os._exit(0)`"),
    (kills_itself, ("reaper", "read"), "ends-the-program", "os.kill"),
    (ends_by_a_signal, ("settle_failure",), "ends-the-program", "signal.raise_signal"),
    (is_interrupted, ("orphans", "enqueue"), "ends-the-program", "KeyboardInterrupt"),
    (raises_a_bare_base_exception, ("process",), "raises", "raised BaseException, at line"),
    (raises_generator_exit, ("reaper",), "raises", "raised GeneratorExit, at line"),
    (raises_a_group, ("settle_failure",), "raises", "ValueError: one"),
    (stops_an_iteration, ("orphans",), "raises", "StopIteration"),
    (forks, ("process", "read"), "starts-a-process", ONLY_COMMANDS),
    (runs_a_program, ("reaper", "enqueue"), "starts-a-process", '`subprocess.run(["redis-cli", "ping"])'),
    (looks_up_a_host, ("orphans",), "own-connection", ONLY_COMMANDS),
    (opens_a_socket, ("settle_failure",), "own-connection", '`socket.create_connection(("127.0.0.1", 6379))`'),
    (uses_a_client_of_its_own, ("reaper", "read"), "own-connection", ONLY_COMMANDS),
    (uses_a_blocking_client, ("process", "enqueue"), "own-connection", "`Redis().xlen(stream)`"),
    (asks_at_the_keyboard, ("settle_failure",), "asks-at-the-keyboard", "in a worker it would wait forever"),
    (stops_for_a_debugger, ("orphans",), "asks-at-the-keyboard", "`breakpoint()"),
    (starts_a_loop_in_the_loop, ("process",), "raises", "running event loop"),
    (leaves_a_task, ("process", "reaper", "enqueue"), "leaks-a-task", "left a task running"),
    (waits_for_a_thread, ("reaper",), "stops-the-loop", "`thread.join()`), where it neither computes nor awaits"),
    (leaves_a_thread, ("orphans",), None, ""),
    (uses_a_pool_of_threads, ("settle_failure",), None, ""),
    (asks_many_questions_at_once, ("reaper", "settle_failure"), None, ""),
    (takes_all_memory, ("enqueue",), "uses-too-much-memory", "400 MB"),
    (recurses, ("read",), "raises", "RecursionError"),
    (spins, ("orphans", "enqueue"), "spins", "computes forever"),
    (spins_and_catches_everything, ("process",), "spins", "catches what is to stop it"),
    (spins_out_of_reach, ("settle_failure",), "spins", "computes forever"),
    (sleeps_for_ever_in_steps, EVERY, "endless", "One call is to be one pass"),
    (works_and_sleeps_for_ever, EVERY, "endless", "still going after"),
    (blocks_for_ever_in_steps, ("reaper", "settle_failure"), "endless", "sleeps in between"),
    (blocks_for_ever, EVERY, "hangs", "waits for something that never comes, at line"),
    (sleeps_without_end, ("reaper",), "hangs", "waits for something that never comes"),
    (stops_its_program, ("process", "orphans"), "stops-the-loop", "calls `time.sleep(1)`"),
    (empties_redis, (*ON_JOBS, "read"), "deletes-the-stream", "(`FLUSHALL`). So all its jobs are gone"),
    (deletes_the_stream, (*ON_JOBS, "read"), "deletes-the-stream", "removes the whole stream"),
    (deletes_the_stream_in_a_script, ("reaper",), "deletes-the-stream", "So all its jobs are gone"),
    (deletes_and_makes_it_again, ON_JOBS, "deletes-the-stream", "(`DEL "),
    (writes_a_string_over_it, (*ON_JOBS, "read"), "deletes-the-stream", "into a string (`SET "),
    (renames_it, ON_JOBS, "deletes-the-stream", "(`RENAME "),
    (moves_it, ON_JOBS, "deletes-the-stream", "(`MOVE "),
    (lets_it_expire, (*ON_JOBS, "read"), "deletes-the-stream", "a time to live"),
    (destroys_its_groups, ON_JOBS, "destroys-the-group", "its pending list is gone"),
    (uses_it_as_a_list, ("reaper", "read"), "raises", "WRONGTYPE"),
    (patches_the_clock, ("reaper",), None, ""),
    (remembers_in_a_module, ("process", "enqueue"), "not-deterministic", "such as a global variable"),
    (returns_much, ("read", "orphans"), "not-ids", ""),
    (returns_nan, ("read", "orphans"), "not-ids", "no list"),
    (returns_half_a_character, ("read", "orphans"), "not-ids", ""),
    (returns_what_cannot_be_shown, ("read", "orphans"), "not-ids", ""),
    (returns_a_coroutine, EVERY, "not-awaited", "doesn't await what it calls"),
    (awaits_twice, ("reaper",), "raises", "cannot reuse already awaited coroutine"),
    (subscribes, ("settle_failure",), "cannot-be-tried", "subscribes to a channel"),
    (writes_what_is_no_text, ("process",), "raises", "UnicodeDecodeError"),
]

#: Doubts about the checker itself, or about everything: never the right words.
NO_VERDICT = ("checker-failed", "goes-silent", "not-portable")


def assert_true_words(verdict, words=""):
    """It's a failure, in words about the function, that no machine's or library's line stands in."""
    assert not verdict.ok and verdict.bug not in NO_VERDICT, f"{verdict}"
    assert words in verdict.words, verdict.words
    assert "Traceback" not in verdict.words and "/jobqueue/" not in verdict.words
    assert ", ." not in verdict.words and ": ." not in verdict.words and ": ," not in verdict.words, verdict.words
    assert len(f"{verdict}") < 6_000
    f"{verdict}".encode()
    verdict._repr_html_().encode()


@pytest.fixture
def family():
    """Every process that this one has started, or one of those, except the explorer's warm children."""

    def living():
        return {process.pid for process in psutil.Process().children(recursive=True)}

    before = living()
    yield
    eventually(lambda: len(living() - before) <= 2 * 2)  # at most a new child and a new server, and their watchdogs


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("checker", "deed", "bug", "words"),
    [(checker, deed, bug, words) for deed, checkers, bug, words in DEEDS for checker in checkers],
    ids=lambda value: value.__name__ if callable(value) else value if value in PARAMETERS else "",
)
async def test_an_odd_function_gets_true_words(family, checker, deed, bug, words):
    verdict = await getattr(check, checker)(piece(checker, deed)).judge()
    assert_true_words(verdict, words)
    assert bug in (None, verdict.bug), f"{verdict}"


def test_there_are_forty_odd_functions_and_each_checker_meets_some():
    assert len(DEEDS) >= 40
    assert {checker for _, checkers, *_ in DEEDS for checker in checkers} == set(EVERY)


@pytest.mark.sampled(3)  # each deed every day, by one checker: they share what runs it
@pytest.mark.parametrize("checker", ["pick", "weights", "backoff"])
@pytest.mark.parametrize(
    ("deed", "bug"),
    [
        (lambda *_: exit(), "ends-the-program"),
        (lambda *_: os.kill(os.getpid(), 9), "ends-the-program"),
        (lambda *_: os.fork(), "starts-a-process"),
        (lambda *_: subprocess.run(["true"]), "starts-a-process"),
        (lambda *_: input(), "asks-at-the-keyboard"),
        (lambda *_: socket.create_connection(("127.0.0.1", 1)), "own-connection"),
        (lambda *_: all(True for _ in iter(int, 1)), "spins"),
        (lambda *_: float("nan"), None),
        (lambda *_: object(), None),
        (lambda *_: "x" * 1_000_000, None),
        (lambda *_: print("x" * 10_000), None),
        (lambda *_: (yield), None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_odd_function_that_only_computes_gets_true_words(family, checker, deed, bug):
    made = {"deed": deed}
    parameters = {"pick": "heads", "weights": "heads, weights, rng", "backoff": "attempt, rng"}[checker]
    exec(f"def odd({parameters}): return deed()", made)
    verdict = await getattr(check, checker)(made["odd"]).judge()
    assert_true_words(verdict)
    assert bug in (None, verdict.bug), f"{verdict}"


async def locks_the_reaper(redis, stream, group, stale_after_ms=30_000):
    async with redis.lock("the-lock"):
        await reap_stale_jobs(redis, stream, group, stale_after_ms)


async def locks_the_worker(redis, stream, group, consumer, handle):
    async with redis.lock("the-lock"):
        await process_one(redis, stream, group, consumer, handle)


async def locks_the_worker_by_hand(redis, stream, group, consumer, handle):
    if await redis.set("the-lock", "1", nx=True):
        await process_one(redis, stream, group, consumer, handle)
        await redis.delete("the-lock")


async def locks_the_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    async with redis.lock("the-lock"):
        await settle(redis, stream, group, entry_id, fields, error, max_attempts)


async def locks_the_producer(redis, stream, fields, capacity):
    async with redis.lock("the-lock"):
        return await enqueue_job(redis, stream, fields, capacity)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("checker", "function"),
    [
        ("reaper", locks_the_reaper),
        ("process", locks_the_worker),
        ("process", locks_the_worker_by_hand),
        ("settle_failure", locks_the_failure),
        ("enqueue", locks_the_producer),
    ],
)
async def test_a_lock_without_a_time_to_live_is_named(checker, function):
    """F28: the lock of a process that died keeps all others out."""
    verdict = await getattr(check, checker)(function).judge()
    assert_true_words(verdict, "the lock `the-lock`")
    assert (verdict.bug, verdict.failure) in (("lock-without-ttl", "F28"), ("lock-left-behind", "F28"))


async def reaps_in_tasks(redis, stream, group, stale_after_ms=30_000):
    async def one(entry_id):
        for entry, fields in await redis.xrange(stream, entry_id, entry_id):
            move = redis.pipeline().xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            await move.xack(stream, group, entry).xdel(stream, entry).execute()
        await redis.xack(stream, group, entry_id)

    last = "-"
    while rows := await redis.xpending_range(stream, group, last, "+", 100, idle=stale_after_ms):
        await asyncio.gather(*(one(row["message_id"]) for row in rows))
        last = f"({rows[-1]['message_id']}"


async def test_the_tasks_of_one_reaper_are_not_taken_for_several():
    verdict = await check.reaper(reaps_in_tasks).judge()
    assert verdict.bug == "two-reapers" and "`XPENDING`" in verdict.words and "`MULTI … EXEC`" in verdict.words


async def adds_a_field(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 2_000, idle=stale_after_ms):
        for entry, fields in await redis.xrange(stream, row["message_id"], row["message_id"]):
            new = {**fields, "attempt": int(fields["attempt"]) + 1, "reaped_by": "me"}
            await redis.pipeline().xadd(stream, new).xack(stream, group, entry).xdel(stream, entry).execute()


async def test_a_field_too_many_is_named():
    verdict = await check.reaper(adds_a_field).judge()
    assert verdict.bug == "changes-fields" and "a field `reaped_by`" in verdict.words


class Callable:
    async def __call__(self, redis, stream, after):
        return []


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (Callable(), "of type Callable"),
        (Callable, "is a class"),
        (functools.partial(locks_the_reaper, None), "functools.partial"),
        (lambda redis, stream, after: [], "lambda"),
        (print, "not a function"),
    ],
)
async def test_what_is_no_async_function_is_refused_with_words(function, words):
    verdict = await check.read(function).judge()
    assert verdict.bug in ("not-a-function", "not-async") and words in verdict.words


async def full(redis, stream, fields, capacity):
    raise QueueFullError("always")


@pytest.mark.parametrize(("checker", "function"), [("reaper", adds_a_field), ("enqueue", full)])
async def test_each_id_of_the_catalogue_has_its_name(checker, function, monkeypatch):
    monkeypatch.chdir(pytest.importorskip("jobqueue.lab.course.shelf").course())
    verdict = await getattr(check, checker)(function).judge()
    for failure in re.findall(r"F\d\d", f"{verdict}"):
        assert f'href="failures.md#{failure.lower()}"' in verdict._repr_html_()
