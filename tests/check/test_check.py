"""Everything a checker does besides judging: helpful words, one display, the same answer every time."""

import asyncio
import functools
import re
import sys
import warnings

import nbformat
import pytest
import redis.asyncio
from nbclient import NotebookClient

from helpers import eventually_async
from jobqueue.explorer import Progress
from jobqueue.lab import check
from jobqueue.lab.check import progress, run


async def stub(redis, stream, group, stale_after_ms=30_000):
    """Reap."""
    ...


async def unfinished(redis, stream, group, stale_after_ms=30_000):
    """Reap."""
    raise NotImplementedError("later")


async def has_a_blank(redis, stream, group, stale_after_ms=30_000):
    await redis.xpending_range(stream, group, "-", "+", ____)  # noqa: F821


async def has_an_ellipsis(redis, stream, group, stale_after_ms=30_000):
    await redis.xrange(stream, ...)


async def takes_too_little(redis, stream):
    await redis.xlen(stream)


async def takes_too_much(redis, stream, group, consumer, stale_after_ms):
    await redis.xlen(stream)


def is_not_async(redis, stream, group, stale_after_ms=30_000):
    return redis.xlen(stream)


async def is_a_generator(redis, stream, group, stale_after_ms=30_000):
    yield await redis.xlen(stream)


def hides_async(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


async def raises(redis, stream, group, stale_after_ms=30_000):
    rows = await redis.xpending_range(stream, group, "-", "+", 10)
    print(rows[99])


async def forgets_to_await(redis, stream, group, stale_after_ms=30_000):
    redis.xack(stream, group, "0-1")
    await redis.xlen(stream)


async def uses_what_it_forgot_to_await(redis, stream, group, stale_after_ms=30_000):
    for row in redis.xpending_range(stream, group, "-", "+", 10):
        print(row)


async def takes_apart_what_it_forgot_to_await(redis, stream, group, stale_after_ms=30_000):
    held = redis.xpending_range(stream, group, "-", "+", 10)
    try:
        print(held[0])
    finally:
        await held


async def spins(redis, stream, group, stale_after_ms=30_000):
    while True:
        pass


async def asks_for_ever(redis, stream, group, stale_after_ms=30_000):
    while True:
        await redis.xpending_range(stream, group, "-", "+", 10)


async def hangs(redis, stream, group, stale_after_ms=30_000):
    await asyncio.Event().wait()


async def leaks(redis, stream, group, stale_after_ms=30_000):
    task = asyncio.create_task(asyncio.sleep(60))
    await redis.xlen(stream)
    del task


async def connects(redis, stream, group, stale_after_ms=30_000):
    from redis.asyncio import Redis

    await Redis().xlen(stream)


async def connects_in_the_old_way(redis, stream, group, stale_after_ms=30_000):
    from redis import Redis

    Redis().xlen(stream)


async def sleeps(redis, stream, group, stale_after_ms=30_000):
    import time

    time.sleep(1)  # noqa: ASYNC251


async def knows_the_names(redis, stream, group, stale_after_ms=30_000):
    await redis.xpending_range("jobs", "workers", "-", "+", 10)


client = redis.asyncio.Redis()


async def uses_a_client_from_outside(redis, stream, group, stale_after_ms=30_000):
    await client.xlen(stream)


def a_lock():
    import threading

    lock = threading.Lock()

    async def uses_a_lock(redis, stream, group, stale_after_ms=30_000):
        with lock:
            await redis.xlen(stream)

    return uses_a_lock


class Reaper:
    async def reap(self, redis, stream, group, stale_after_ms=30_000):
        await redis.xlen(stream)


@pytest.mark.parametrize(
    ("function", "bug", "words"),
    [
        (None, "not-a-function", "This is None"),
        ("reap", "not-a-function", "of type str"),
        (Reaper, "not-a-function", "`Reaper` is a class"),
        (Reaper().reap, "not-a-function", "`reap` is a method"),
        (functools.partial(raises, 1), "not-a-function", "functools.partial"),
        (lambda redis, stream, group, stale_after_ms: None, "not-async", "lambda"),
        (is_not_async, "not-async", "write `async def`"),
        (is_a_generator, "not-async", "`yield`"),
        (hides_async(raises), "not-async", "decorated"),
        (takes_too_little, "signature", "`takes_too_little(redis, stream)`"),
        (takes_too_much, "signature", "missing a required argument: 'stale_after_ms'"),
        (stub, "not-written-yet", "It does nothing so far"),
        (unfinished, "not-written-yet", "It does nothing so far"),
        (has_a_blank, "not-written-yet", "a blank to fill in"),
        (has_an_ellipsis, "not-written-yet", "a blank to fill in"),
        (raises, "raises", "of raises (`print(rows[99])`)"),
        (forgets_to_await, "not-awaited", '`redis.xack(stream, group, "0-1")`'),
        (uses_what_it_forgot_to_await, "not-awaited", "doesn't await what it calls at line"),
        (takes_apart_what_it_forgot_to_await, "not-awaited", "An `await` is missing"),
        (spins, "spins", "of spins (`"),
        (asks_for_ever, "endless", "still going after 100 commands"),
        (hangs, "hangs", "of hangs"),
        (leaks, "leaks-a-task", "left a task running"),
        (connects, "own-connection", "line"),
        (connects_in_the_old_way, "own-connection", "line"),
        (uses_a_client_from_outside, "own-connection", "`client`"),
        (a_lock(), "not-portable", "`lock`"),
        (sleeps, "stops-the-loop", "`time.sleep(1)`"),
        (knows_the_names, "hard-coded-names", "jobs"),
    ],
    ids=lambda value: getattr(value, "__name__", None) or (value if isinstance(value, str) else type(value).__name__),
)
async def test_helpful_words(function, bug, words):
    verdict = await check.reaper(function)
    assert (verdict.ok, verdict.bug) == (False, bug)
    assert words in verdict.words


async def test_a_call_instead_of_the_function():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verdict = await check.reaper(raises(None, "s", "g"))
    assert verdict.bug == "not-a-function" and "Leave the parentheses out" in verdict.words


async def test_a_piece_that_only_computes_must_not_be_async():
    async def pick(heads):
        return "high"

    assert (await check.pick(pick)).bug == "async"


def test_what_is_not_awaited_says_so(recwarn):
    asked = check.reaper(raises)
    assert repr(asked) == "Nothing has been checked yet. Write `await check.reaper(raises)`."
    with pytest.raises(AttributeError, match="no ok yet"):
        _ = asked.ok
    del asked
    assert not recwarn.list


def test_an_unknown_checker_lists_those_there_are():
    with pytest.raises(AttributeError, match=r"there is no check\.reapers; there are .* process"):
        _ = check.reapers


async def right(redis, stream, group, stale_after_ms=30_000):
    print("reaping", stream)
    rows = await redis.xpending_range(stream, group, "-", "+", 1_000, idle=stale_after_ms)
    for row in rows:
        for entry_id, fields in await redis.xclaim(stream, group, "reaper", stale_after_ms, [row["message_id"]]):
            move = redis.pipeline().xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            await move.xack(stream, group, entry_id).xdel(stream, entry_id).execute()


async def wrong(redis, stream, group, stale_after_ms=30_000):  # its first line is long, and shown whole
    for row in await redis.xpending_range(stream, group, "-", "+", 1_000, idle=stale_after_ms):
        for entry_id, fields in await redis.xrange(stream, row["message_id"], row["message_id"]):
            await redis.xack(stream, group, entry_id)
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            await redis.xdel(stream, entry_id)
        await redis.xack(stream, group, row["message_id"])


async def test_the_same_every_time(capsys):
    first, second = await check.reaper(right), await check.reaper(right)
    assert first == second and first.ok
    once, twice = await check.reaper(wrong), await check.reaper(wrong)
    assert str(once) == str(twice) and not once.ok
    assert "reaping" not in capsys.readouterr().out


async def test_a_pass_says_how_much_was_tried(capsys):
    verdict = await check.reaper(right)
    assert re.search(r"\d+ schedules, [\d,]+ states, 0 lost, some doubled", str(verdict))
    assert str(verdict) in capsys.readouterr().out, "it displays itself"
    assert verdict.bug is verdict.failure is verdict.schedule is None
    assert any("silence, not death" in remark for remark in verdict.remarks)
    assert 0 < verdict.stories < verdict.schedules
    sentence = f"{verdict.schedules:,} schedules tell {verdict.stories:,} different stories: the others only swap steps"
    assert sentence in " ".join(str(verdict).split()) and sentence in verdict._repr_html_()


async def test_a_failure_says_what_where_and_when():
    verdict = await check.reaper(wrong)
    assert (verdict.bug, verdict.failure, verdict.lesson) == ("ack-then-requeue", "F20", "03-reaper · Repair")
    assert verdict.tested.startswith(
        "async def wrong(redis, stream, group, stale_after_ms=30_000) · test_check.py, line"
    )
    for fact in (
        verdict.words[:20],
        "Acknowledge, then requeue",
        "F20",
        "reaper crashes",
        "03-reaper",
        "test_check.py",
    ):
        assert fact in str(verdict) and fact in verdict._repr_html_()
    assert "<img" in verdict._repr_html_()


CELLS = (
    "from jobqueue.lab import check",
    "async def reap(redis, stream, group, stale_after_ms=30_000):\n    ...\n\nawait check.reaper(reap)",
    "async def reap(redis, stream, group, stale_after_ms=30_000):\n    await redis.xlen(stream)",
    "verdict = await check.reaper(reap)",
    "verdict",
    "check.reaper(reap)",
)


async def test_a_notebook_shows_each_verdict_once():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    await NotebookClient(notebook, timeout=60, kernel_name="python3").async_execute()
    shown = [[output for output in cell.outputs if output.get("data")] for cell in notebook.cells]
    assert [len(outputs) for outputs in shown] == [0, 1, 0, 1, 1, 1]
    assert not [o for cell in notebook.cells for o in cell.outputs if o.output_type in ("stream", "error")]
    stub, wrong = shown[1][0].data, shown[3][0].data
    assert "not written yet" in stub["text/plain"] and "cell 2, line 1" in stub["text/html"]
    assert "<img" in wrong["text/html"] and "reaps-nothing" in wrong["text/plain"]
    assert "Write `await check.reaper(reap)`" in shown[5][0].data["text/plain"]


async def test_progress_shows_from_the_first_moment(monkeypatch):
    news = []

    def showing(title, tested):
        return _Telling(lambda case, progress: news.append((case, progress)))

    monkeypatch.setattr(run, "showing_progress", showing)
    await check.reaper(right)
    assert news[0] == ("stale and fresh jobs, one run", Progress())
    assert len({case for case, _ in news}) == 12


async def test_news_comes_though_nothing_happens(monkeypatch, capsys):
    """While one schedule takes long, or is made shorter."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(progress, "SOON", 0.01)
    monkeypatch.setattr(progress, "OFTEN", 0.01)
    news = ""

    def is_repeated():
        nonlocal news
        news += capsys.readouterr().out
        return news.count("check.reaper: two reapers … 7 schedules, 0 s") >= 3

    with progress.showing_progress("check.reaper", "") as tell:
        tell("two reapers", Progress(runs=7))
        await eventually_async(is_repeated)
    assert capsys.readouterr().out.endswith(" \r"), "the line is gone"


class _Telling:
    def __init__(self, tell):
        self.tell = tell

    def __enter__(self):
        return self.tell

    def __exit__(self, *error):
        pass


async def test_interrupting_says_so(monkeypatch):
    """At once or in the middle of a case: a function that wasn't tried doesn't pass."""
    await check.reaper(right)  # interrupted before the explorer has a child to stop, it would raise CancelledError
    begun = asyncio.Event()
    monkeypatch.setattr(run, "showing_progress", lambda title, tested: _Telling(lambda case, progress: begun.set()))
    judging = asyncio.create_task(check.reaper(slow).judge())
    await begun.wait()
    await asyncio.sleep(0.1)
    judging.cancel()
    verdict = await judging
    assert (verdict.ok, verdict.bug) == (False, "interrupted")


async def slow(redis, stream, group, stale_after_ms=30_000):
    sum(range(10**6))
    await right(redis, stream, group, stale_after_ms)


async def test_processes_share_no_globals():
    """A lock in one process protects nothing in another."""
    lock = []

    async def guarded_by_a_list(redis, stream, group, stale_after_ms=30_000):
        while lock:
            await asyncio.sleep(1)
        lock.append(1)
        await wrong_but_for_crashes(redis, stream, group, stale_after_ms)
        lock.clear()

    assert (await check.reaper(guarded_by_a_list)).bug == "two-reapers"


async def wrong_but_for_crashes(redis, stream, group, stale_after_ms):
    for row in await redis.xpending_range(stream, group, "-", "+", 1_000, idle=stale_after_ms):
        found = await redis.xrange(stream, row["message_id"], row["message_id"])
        for entry_id, fields in found:
            await redis.xadd(stream, {**fields, "attempt": int(fields["attempt"]) + 1})
            await redis.xdel(stream, entry_id)
        await redis.xack(stream, group, row["message_id"])
