"""Lesson 06: the judge of watermarks and pauses names each wrong choice, and a sale really takes place."""

import re
from pathlib import Path

import nbformat
import pytest

from jobqueue.errors import BadSetting
from jobqueue.job import NewJob
from jobqueue.lab import sale, source
from jobqueue.lab.experiments.tills import Ask, count, hold
from jobqueue.lab.solutions import sale as working
from jobqueue.lab.traffic.polite import MOST_KEPT, PoliteLoad, obey, polite
from jobqueue.lab.world import World, WorldClosed

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def world():
    async with World() as world:
        yield world


def later(retry_after, rng):
    return retry_after + rng.random() / 2


def sooner(retry_after, rng):
    return rng.random() * retry_after


def much_later(retry_after, rng):
    return retry_after + 5 * rng.random()


async def pause_async(retry_after, rng):
    return 1


@pytest.mark.parametrize(
    ("marks", "pause", "bug", "words"),
    [
        ((99, 100), obey, "flaps", "Your marks are 1 job apart"),
        ((80, 100), working.pause, "flaps", "Your marks are 20 jobs apart"),
        ((20, 60), working.pause, "flaps", "filled those places at once"),
        ((50, 100), obey, "herd", "60 requests within a tenth of a second"),
        ((40, 100), lambda retry_after, rng: 1.2 * retry_after, "herd", "refused at different times"),
        ((50, 100), sooner, "comes-too-early", "before the time that they had been told"),
        ((150, 300), later, "waits-too-long", "lets 300 jobs in, and 100 per second are done"),
        ((0, 100), working.pause, "runs-dry", "opens when 0 jobs are left"),
        ((50, 100), much_later, "runs-dry", "nothing to do"),
        ((100, 100), obey, "not-usable", "low < high"),
        (("50", 100), obey, "not-usable", "low < high"),
        ((50, 100), lambda retry_after, rng: None, "not-usable", "is a return missing?"),
        ((50, 100), lambda retry_after, rng: -1, "not-usable", "from 0 on, not -1"),
        ((50, 100), lambda retry_after, rng: float("nan"), "not-usable", "from 0 on, not nan"),
        ((50, 100), pause_async, "not-usable", "begin it with def"),
        ((50, 100), lambda retry_after, rng: 1 / 0, "raises", "ZeroDivisionError: division by zero"),
        ((50, 100), lambda retry_after: 1, "raises", "takes 1 positional argument"),
    ],
)
async def test_a_wrong_choice_is_named(world, marks, pause, bug, words):
    verdict = await sale.check(world, marks, pause)
    assert (verdict.bug, verdict.ok) == (bug, False)
    assert words in verdict.words and words in repr(verdict)
    assert [key async for key in world.client().scan_iter("{sale-*")] == []


@pytest.mark.parametrize(
    ("marks", "pause"),
    [
        ((working.LOW, working.HIGH), working.pause),
        ((50, 100), later),
        ((20, 60), later),
        ((30, 90), lambda retry_after, rng: rng.uniform(retry_after, retry_after + 1)),
    ],
)
async def test_a_right_choice_passes_whatever_it_is(world, marks, pause):
    verdict = await sale.check(world, marks, pause)
    assert verdict.ok, verdict
    assert [kept for _, _, kept in verdict.rows] == [True] * 5


async def test_the_same_marks_always_have_the_same_result(world):
    url = world.queue.url
    assert await hold(url, (40, 100), working.pause) == await hold(url, (40, 100), working.pause)


async def test_a_verdict_shows_each_promise_in_text_and_in_html(world):
    verdict = await sale.check(world, (99, 100), obey)
    text, page = repr(verdict), verdict._repr_html_()
    assert text.startswith("✗ sale.check: flaps · A gate that flaps, or sticks (F45)\n")
    assert len(re.findall("^  [✓✗] ", text, re.MULTILINE)) == page.count("<tr><td>") == 5
    unusable = await sale.check(world, (1, "<b>"), obey)
    assert "<b>'" not in unusable._repr_html_() and "<table>" not in unusable._repr_html_()


async def test_a_closed_world_is_no_fault_of_the_learners(world):
    await world.close()
    with pytest.raises(WorldClosed):
        await sale.check(world, (50, 100), obey)


async def test_a_learner_goes_on_with_theirs_or_with_working_ones(world, capsys):
    assert await sale.carry_on(world, (50, 100), later) == ((50, 100), later)
    assert "Yours keep every promise" in capsys.readouterr().out
    others = await sale.carry_on(world, (99, 100), obey)
    assert others == ((working.LOW, working.HIGH), working.pause)
    assert "Not there yet (flaps)" in capsys.readouterr().out
    assert await sale.carry_on(world, *others) == others
    assert "the kit's own" in capsys.readouterr().out


async def test_a_sale_really_takes_place_and_leaves_an_empty_queue(world):
    with pytest.raises(BadSetting, match="no worker"):
        await sale.run(world, 100)
    world.hire(1, concurrency=10)
    live = await sale.run(world, (50, 100), working.pause, seconds=4)
    assert live.row["asked_times"] == live.tally.asked > 0
    totals, samples = live.recording.totals, live.recording.samples
    assert totals["refused_jobs"].max() > 0 and totals["done_jobs"].max() >= 100
    depth = samples[samples["tier"] == "normal"][["waiting_jobs", "pending_jobs"]].sum(axis=1)
    assert depth.max() <= 100 and depth.iloc[-1] == 0


async def test_a_pause_that_fails_stops_no_till(world):

    load = PoliteLoad(world.queue, NewJob("sleep"), polite(3, 0.05, lambda retry_after, rng: 1 / 0))
    world.limit("normal", 1)
    while len([ask for ask in load.asks if not ask.accepted]) < 4:  # each is refused, and some ask again
        await world.recorder.next()
    await load.close()
    assert load.asks.maxlen == MOST_KEPT


def test_requests_are_counted():
    answers = [(0.0, True), (0.01, False), (0.02, False), (0.5, True), (0.55, True), (0.71, False)]
    tally = count([Ask(t, accepted, early=t == 0.02) for t, accepted in answers])
    assert (tally.asked, tally.accepted, tally.closed, tally.crowd, tally.early) == (6, 3, 2, 3, 1)
    assert count([Ask(t / 8, True) for t in (0.0, 0.05, 0.15)], second=1 / 8).crowd == 2
    assert count([]).crowd == 0


def test_a_tenth_with_more_requests_than_promised_is_crowded():
    asks = [Ask(tenth / 10, True) for tenth, requests in ((0, 40), (3, 41), (7, 60)) for _ in range(requests)]
    assert (count(asks).crowd, count(asks).crowded, count(asks).row["crowded_tenths"]) == (60, 2, 2)


@pytest.mark.parametrize("bad", [0, -1, float("inf"), "1"])
def test_a_producer_needs_a_pace(bad):
    with pytest.raises(BadSetting, match="every must be a number of seconds"):
        polite(3, bad)


def test_the_solution_is_one_truth_with_the_working_piece():
    notebook = nbformat.read(ROOT / "notebooks" / "solutions" / "06-watermarks-and-limiters.ipynb", as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert f"LOW, HIGH = {working.LOW}, {working.HIGH}" in code
    assert source(working.pause).text in code
