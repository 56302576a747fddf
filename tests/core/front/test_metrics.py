"""What /metrics says of a queue: figures from Redis, so every front says the same, and none starts over."""

import asyncio

from fronts import client_of
from prometheus_client import parser

from helpers import eventually_async
from jobqueue import Queue, Reject, Worker
from jobqueue.dead import PAGE
from jobqueue.front.letters import REASONS, LetterCounts
from jobqueue.front.metrics import TOTALS
from jobqueue.front.workers import count_workers
from jobqueue.server.connect import BLOCK_SECONDS
from steps import started
from workers import end_all, start_worker


async def read(client):
    """The samples of /metrics, by their name and the values of their labels but `queue`."""
    families = parser.text_string_to_metric_families((await client.get("/metrics")).text)
    samples = [sample for family in families for sample in family.samples]
    names = ("tier", "place", "reason")
    return {(one.name, *(one.labels[name] for name in names if name in one.labels)): one.value for one in samples}


async def bury(queue, reason, tier="normal", count=1):
    for _ in range(count):
        job = await started(queue, tier=tier)
        await queue.transitions.bury("me", tier, job.entry, job.id, reason, "it broke", "")


async def test_each_transition_raises_its_counter_by_one(queue, client):
    moves = queue.transitions
    await bury(queue, "failed", count=2)
    await moves.reap("normal", (await started(queue)).entry, 0)
    await moves.release("me", "high", (await started(queue, tier="high")).entry)
    await moves.retry("me", await started(queue, tier="low"), 0, "it broke")
    await moves.promote()
    replayed, discarded = await queue.dead.list()
    await queue.dead.replay(replayed.letter)
    await queue.dead.discard(discarded.letter)
    await queue.enqueue("t", job_id="cancelled", delay=60)
    await queue.cancel("cancelled")
    counted = await read(client)
    expected = {"accepted": 6, "buried": 2, "done": 0, "foreign": 0}
    assert {name: counted[f"jobqueue_{name}_total",] for name in TOTALS} == dict.fromkeys(TOTALS, 1) | expected


async def test_a_front_that_starts_again_counts_on_and_two_agree(queue, redis_url, client):
    await bury(queue, "failed", count=3)
    before = await read(client)
    async with Queue(redis_url) as other, client_of(other) as again:
        assert await read(again) == before
        await bury(queue, "failed")
        for one in (client, again):
            assert (await read(one))["jobqueue_buried_total",] == 4


async def test_dead_letters_are_counted_by_tier_and_reason_whatever_comes_and_goes(queue):
    counts = LetterCounts(queue)
    for number, reason in enumerate(REASONS, 1):
        await bury(queue, reason, "low", count=number)
    await bury(queue, "bad luck", count=PAGE)
    for _ in range(2):
        counted = await counts.count()
        assert [counted["low", reason] for reason in REASONS] == [1, 2, 3, 4, 5, 6, 7]
        assert counted["normal", "other"] == PAGE and counted.total() == PAGE + 28
    first, *_ = await queue.dead.list()
    await queue.dead.replay(first.letter)
    await bury(queue, "rejected", "high")  # as many as before
    counted = await counts.count()
    assert (counted["low", "failed"], counted["high", "rejected"], counted.total()) == (0, 1, PAGE + 28)
    await queue.dead.discard_all()
    assert (await counts.count()).total() == 0


async def test_letters_stay_counted_by_reason_after_they_have_left_and_by_several_fronts_at_once(queue, redis_url):
    async with Queue(redis_url) as other:
        fronts = [LetterCounts(queue), LetterCounts(other)]
        await bury(queue, "failed", "high", count=2 * PAGE + 1)
        await asyncio.gather(*(front.count_ever() for front in fronts))
        await queue.dead.discard_all()
        await bury(queue, "rejected")
        await bury(queue, "bad luck")
        for _ in range(2):
            for front in [*fronts, LetterCounts(other)]:  # the last one as after a restart
                counted = await front.count_ever()
                assert {key: count for key, count in counted.items() if count} == {
                    ("high", "failed"): 2 * PAGE + 1, ("normal", "rejected"): 1, ("normal", "other"): 1,
                }  # fmt: skip


async def test_a_tally_that_is_no_hash_hides_no_other_figure(queue, client):
    await queue.redis.set(queue.keys.prefix + "buried", "text")
    figures = await read(client)
    assert figures["jobqueue_jobs", "low", "waiting"] == 0
    assert not [key for key in figures if key[0].startswith("jobqueue_buried_by_reason")]


async def test_the_reasons_are_those_that_the_queue_gives(queue):
    """A reason that we forgot would be counted as "other"."""

    async def fail(job):
        raise ValueError

    async def refuse(job):
        raise Reject("no")

    for task in ("fail", "refuse", "unheard of"):
        await queue.enqueue(task, max_attempts=1)
    await queue.enqueue("hang", max_attempts=1, timeout=0.001)
    await queue.redis.xadd(queue.keys.stream("low"), {"not": "ours"})
    await Worker(queue, {"fail": fail, "refuse": refuse, "hang": lambda _: asyncio.sleep(60)}).run_until_idle()
    lost = await started(queue, max_attempts=1, job_id="lost")
    await queue.transitions.reap("normal", lost.entry, 0)
    for _ in range(2):
        long = await started(queue, max_attempts=1, job_id="long")
        await queue.transitions.release("me", "normal", long.entry, started=True)
    counted = await LetterCounts(queue).count()
    assert {reason: counted[tier, reason] for tier, reason in counted if counted[tier, reason]} == dict.fromkeys(
        REASONS, 1
    )


async def test_what_this_front_refuses_is_counted_by_tier(redis_url, full):
    async with Queue(redis_url, capacity={"low": 1}) as queue, client_of(queue) as client:
        for _ in range(3):
            await client.post("/jobs", json={"task": "t", "priority": "low"})
        await full()
        await client.post("/jobs", json={"task": "t"})
        figures = await read(client)
        assert {key[1]: value for key, value in figures.items() if key[0] == "jobqueue_refused_total"} == {
            "high": 0, "normal": 0, "low": 2, "out of memory": 1,
        }  # fmt: skip


async def test_workers_count_until_a_lease_after_they_were_killed(queue, client):
    await queue.set_lease(1)
    assert (await read(client))["jobqueue_workers",] == 0
    hired = [start_worker(queue, concurrency=1)]
    try:
        await eventually_async(lambda: is_alive(queue, 1))
        hired.append(start_worker(queue))
        await eventually_async(lambda: is_alive(queue, 2))
        hired[0].kill()
        killed_at = asyncio.get_running_loop().time()
        assert await count_workers(queue) == 2
        await eventually_async(lambda: is_alive(queue, 1))
        assert asyncio.get_running_loop().time() - killed_at < 2 * BLOCK_SECONDS + 5
        assert (await read(client))["jobqueue_workers",] == 1
    finally:
        end_all(hired)


async def is_alive(queue, count):
    return await count_workers(queue) == count
