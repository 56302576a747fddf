"""What lessons 05 and 06 measure: overload and its bounds, gates at their edge, buckets, admission, a real 503."""

import numpy as np
import pandas as pd
import psutil
import pytest

from frames import frame
from jobqueue.lab import charts
from jobqueue.lab.experiments.bursts import bursts
from jobqueue.lab.experiments.gates import turns
from jobqueue.lab.experiments.overload import bounded, depth, measure, run
from jobqueue.lab.experiments.price import STREAM, enqueueing
from jobqueue.lab.recording.excerpt import since
from jobqueue.lab.recording.frame import Mark
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.solutions.enqueue import enqueue_job
from jobqueue.lab.traffic.front import Front, NoFront
from jobqueue.lab.traffic.load import steady
from jobqueue.lab.world import NothingToWaitFor, World, WorldClosed
from jobqueue.sandbox import Sandbox

#: What an event has besides.


@pytest.fixture
async def world():
    async with World() as world:
        yield world


async def test_without_a_bound_an_overload_is_measured_as_growth(world):
    world.load(steady(400), "sleep")  # nobody is hired: nothing is done
    await world.until(lambda frame: frame.accepted)
    row = await measure(world, 0.5)
    assert row["offered_jobs_per_s"] > 0 and (row["refused_jobs_per_s"], row["done_jobs_per_s"]) == (0, 0)
    assert row["depth_jobs"] == depth(world.recorder.frames[-1]) > 100
    assert row["oldest_wait_s"] >= 0.4


async def test_a_bounded_tier_is_measured_once_it_is_full(world):
    load = world.load(steady(400), "sleep")
    row = await bounded(world, (50, 100), 0.3)
    assert row["depth_jobs"] == 100 == load.accepted
    assert row["refused_jobs_per_s"] == row["offered_jobs_per_s"] > 0
    row = await bounded(world, 300, 0.3)
    assert row["depth_jobs"] == 300 == load.accepted and row["refused_jobs_per_s"] > 0
    assert "bound 100" in [mark.label for mark in world.recorder.marks]


async def test_an_overload_ends_with_its_measurement_and_may_be_run_again(world):
    world.hire(1, concurrency=10)
    rows = [await run(world, seconds=2), await run(world, 20, seconds=2), await run(world, 20, seconds=2)]
    assert rows[0]["refused_jobs_per_s"] == 0 and all(row["refused_jobs_per_s"] > 0 for row in rows[1:])
    assert all(row["depth_jobs"] <= 20 for row in rows[1:])
    assert not any(load.running for load in world.traffic.loads)
    world.limit("normal", None)  # the last run may have left it full
    with pytest.raises(NothingToWaitFor, match="hire again"):
        await world.queue.enqueue("sleep")
        world.kill("ada")
        await run(world)


async def test_one_mark_turns_with_each_place_and_two_do_not(world):
    table = await turns(world.queue.url, {"one": 20, "two": (10, 20)}, rounds=100)
    assert table.loc["one", ["accepted_jobs", "refused_jobs"]].tolist() == [218, 82]  # 200 left, 18 are there
    assert table.loc["one", "closed_times"] == 82  # each refusal is one turn of its own
    assert table.loc["two", "closed_times"] == 7 and table.loc["two", "refusals_in_a_row"] > 10
    assert abs(table["accepted_jobs"]["one"] - table["accepted_jobs"]["two"]) <= 10  # all who left were replaced
    assert [key async for key in world.client().scan_iter("{gates-*")] == []


async def test_of_a_burst_a_token_bucket_lets_many_on_at_once_and_a_leaky_one_each_in_its_turn(world):
    table = await bursts(world.queue, rate=20, most=10)
    token, leaky = (table[table["bucket"] == f"{kind} bucket"] for kind in ("token", "leaky"))
    assert len(token) == len(leaky) == 30
    at_once = token["passes_s"].value_counts()
    assert at_once.max() >= 10 and token["passes_s"].notna().sum() < 30
    assert 20 <= leaky["passes_s"].notna().sum() < 30
    # The server keeps them 0.05 s apart; we asked for all at once, and a busy machine needs some of that to ask.
    assert np.diff(leaky["passes_s"].dropna()).min() > 0
    assert leaky["passes_s"].max() > 1  # the tenth of the second burst: 0.6 s, and ten turns


def test_the_chart_of_bursts_says_what_each_bucket_let_on_at_once():
    offers = [("token bucket", t, p) for t, p in [(0.0, 0.0), (0.0, 0.0), (0.0, np.nan), (2.4, 2.4)]]
    offers += [("leaky bucket", t, p) for t, p in [(0.0, 0.0), (0.0, 1.0), (0.0, np.nan), (2.4, 2.4)]]
    figure = charts.bursts(pd.DataFrame(offers, columns=["bucket", "offered_s", "passes_s"]))
    assert figure.finding == "Of 3 jobs at once, the token bucket passes 2, the leaky bucket passes 1 in 0.1 s"
    assert {bar.meta: list(bar.y) for bar in figure.data} == {
        "offered": [3, 1],
        "token bucket passed": [2, 1],
        "token bucket refused": [1],
        "leaky bucket passed": [1, 1, 1],
        "leaky bucket refused": [1],
    }


async def test_the_price_of_admission_is_counted(world):
    async def looks_first(redis, stream, fields, capacity):
        assert await redis.xlen(stream) < capacity
        await redis.xadd(stream, fields)

    async def watches(redis, stream, fields, capacity):
        async with redis.pipeline() as pipe:
            await pipe.watch(stream)
            assert await pipe.xlen(stream) < capacity
            pipe.multi()
            pipe.xadd(stream, fields)
            await pipe.execute()

    ways = {"looks first": looks_first, "script": enqueue_job, "watches": watches}
    table = await enqueueing(world.client(), ways, jobs=20)
    assert list(table["round_trips_per_job"]) == [2, 1, 3] and (table["took_us_per_job"] > 0).all()
    assert not await world.client().exists(STREAM)


async def test_a_front_answers_as_it_does_over_the_line_and_ends_with_its_world():
    async with World() as world:
        front = await world.traffic.serve({"normal": (1, 2), "low": 5})
        assert "unix://" not in " ".join(psutil.Process(front.process.pid).cmdline())  # a url may hold a password
        answers = [await front.post("sleep", {"seconds": 1}) for _ in range(3)]
        misspelt = await front.post("sleep", max_atempts=3)
    assert [answer.status for answer in answers] == [202, 202, 503] and misspelt.status == 422
    assert answers[2].headers["Retry-After"] == "1" and answers[2].body["capacity"] == 2
    assert repr(answers[2]).startswith("HTTP/1.1 503 Service Unavailable\nRetry-After: 1\n\n{")
    assert "Location: /jobs/" in repr(answers[0])
    assert front.process.poll() is not None
    with pytest.raises(WorldClosed):
        await world.traffic.serve()


async def test_a_front_that_cannot_start_says_why():
    async with Sandbox() as url:
        with pytest.raises(NoFront, match="low < high"):
            await Front(url, "jobs", {"normal": (2, 1)}).started()


def test_a_part_of_a_recording_begins_at_nothing():
    marks = [Mark(1.5, "flood"), Mark(2.5, "cut", until=2.75), Mark(2.8, "x", until=None)]
    frames = [
        frame(1.0, accepted=10, refused=1, events=[{"t": 0.9, "event": "done", "job": "a"}]),
        frame(2.0, accepted=30, refused=1, done=5, waiting={"normal": 7}),
        frame(3.0, accepted=31, refused=9, done=9, events=[{"t": 2.5, "event": "done", "job": "b"}], marks=marks),
    ]
    part = since(Recording(frames), 2.0)
    totals = part.totals[["t_s", "accepted_jobs", "refused_jobs", "done_jobs"]]
    assert totals.values.tolist() == [[0, 0, 0, 0], [1, 1, 8, 4]]
    assert part.samples.loc[1, "waiting_jobs"] == 7  # what is there is there
    assert part.events[["t_s", "job"]].values.tolist() == [[0.5, "b"]]
    assert part.marks[["t_s", "label"]].values.tolist() == [[0.5, "cut"], [0.8, "x"]]
    assert part.marks["until_s"].tolist()[0] == 0.75
    assert since(Recording(frames), 9.0).summary()["accepted"] == 0


def test_a_mark_made_just_after_a_part_began_belongs_to_it():
    marks = [Mark(1.99, "before"), Mark(2.0, "flood")]  # at 2.004; a mark is told to 10 ms
    part = since(Recording([frame(3.0, marks=marks)]), 2.003)
    assert part.marks[["t_s", "label"]].values.tolist() == [[0.0, "flood"]]


def bounded_from(*depths: int) -> str:
    """The chart's title: the tier grew to 667 without a bound; then came one of 100, and these depths."""
    frames = [frame(1.0, accepted=9), frame(2.0, accepted=700, waiting={"normal": 667})]
    for i, jobs in enumerate(depths):
        here = {"waiting": {"normal": jobs}, "capacity": {"normal": (99, 100)}}
        frames.append(frame(3.0 + i, accepted=700, refused=1, **here))
    return charts.admission(Recording(frames)).finding.removeprefix("1 of 701 offers was refused: ")


@pytest.mark.parametrize(
    ("depths", "words"),
    [
        ((667, 300), "normal had 667 jobs when its bound of 100 came"),
        ((667, 300, 100, 99), "normal had 667 jobs when its bound of 100 came, and at most 100 once it was below"),
        ((667, 90, 104), "normal had 667 jobs when its bound of 100 came, and at most 104 once it was below"),
        ((90, 100), "normal used up to 100 of its 100 places"),
        ((90, 104), "normal used up to 104 of its 100 places"),
    ],
)
def test_a_depth_from_before_the_bound_is_told_as_one(depths, words):
    """Lesson 05 said "held up to 667, with a bound at 100". The 667 were there before the bound."""
    assert bounded_from(*depths) == words
