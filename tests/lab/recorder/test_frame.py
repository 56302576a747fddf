"""A frame shows a real queue and real workers at one moment."""

import time

import msgspec
import pytest
from msgspec.structs import replace

from jobqueue.keys import GROUP
from jobqueue.lab.pictures.overview.words import finding
from jobqueue.lab.recording.frame import PelRow, WaitingJob, WorldFrame


async def test_a_frame_can_be_stored_as_it_is(recorder):
    frame = await recorder.refresh()
    assert msgspec.json.decode(msgspec.json.encode(frame), type=WorldFrame) == frame


async def test_what_waits_is_there_by_tier_with_its_oldest_first(queue, recorder):
    began = time.monotonic()
    ids = [await queue.enqueue("sleep", priority="low") for _ in range(20)]
    frame = await recorder.refresh()
    assert frame.waiting == {"high": 0, "normal": 0, "low": 20}
    assert [head.job for head in frame.heads["low"]] == ids[:16]
    assert {head.attempt for head in frame.heads["low"]} == {1}
    assert frame.oldest["high"] == frame.oldest["normal"] == -1
    assert 0 <= frame.oldest["low"] <= time.monotonic() - began + 0.01
    assert frame.cursor == {"high": "0-0", "normal": "0-0", "low": "0-0"}


async def test_what_was_delivered_is_in_the_ledger_and_behind_the_cursor(queue, recorder):
    ids = [await queue.enqueue("sleep") for _ in range(3)]
    stream = queue.keys.stream("normal")
    [[_, [[entry, _]]]] = await queue.redis.xreadgroup(GROUP, "someone", {stream: ">"}, count=1)
    frame = await recorder.refresh()
    [row] = frame.ledger
    assert replace(row, idle=0.0) == PelRow(entry.decode(), "normal", "someone", 0.0, ids[0], 1)
    assert frame.pel == {"someone": 1}
    assert frame.cursor["normal"] == entry.decode()
    assert [head.job for head in frame.heads["normal"]] == ids[1:]


async def test_an_entry_acknowledged_but_not_deleted_does_not_wait(queue, recorder):
    [_, second] = [await queue.enqueue("sleep") for _ in range(2)]
    stream = queue.keys.stream("normal")
    [[_, [[entry, _]]]] = await queue.redis.xreadgroup(GROUP, "someone", {stream: ">"}, count=1)
    await queue.redis.xack(stream, GROUP, entry)
    frame = await recorder.refresh()
    assert (frame.waiting["normal"], [head.job for head in frame.heads["normal"]]) == (1, [second])


async def test_many_entries_acknowledged_but_not_deleted_do_not_wait(queue, recorder):
    """Lesson 02's picture counted parcels as waiting that had been packed."""
    stream = queue.keys.stream("normal")
    for n in range(60):
        await queue.redis.xadd(stream, {"parcel": n})
    [[_, rows]] = await queue.redis.xreadgroup(GROUP, "ada", {stream: ">"}, count=20)
    await queue.redis.xack(stream, GROUP, *[entry for entry, _ in rows[:15]])
    frame = await recorder.refresh()
    assert (frame.waiting["normal"], frame.pending["normal"], len(frame.heads["normal"])) == (40, 5, 16)
    await queue.redis.xgroup_delconsumer(stream, GROUP, "ada")
    frame = await recorder.refresh()
    assert (frame.waiting["normal"], frame.pending["normal"]) == (40, 0)


async def test_once_a_consumer_is_deleted_its_entries_wait_for_no_one(queue, recorder):
    """After DELCONSUMER the headline said "8 jobs waiting", and no worker would ever get them."""
    stream = queue.keys.stream("normal")
    for n in range(8):
        await queue.redis.xadd(stream, {"parcel": n})
    await queue.redis.xreadgroup(GROUP, "cleo", {stream: ">"})
    await queue.redis.xgroup_delconsumer(stream, GROUP, "cleo")
    frame = await recorder.refresh()
    assert (frame.waiting["normal"], frame.pending["normal"], frame.kept) == (0, 0, {"normal": 8})
    assert finding(frame, []) == "Nothing waits or is pending; 8 entries are left over"


async def test_the_longest_idle_are_shown_and_the_rest_is_counted(queue, recorder):
    for _ in range(70):
        await queue.enqueue("sleep")
    await queue.redis.xreadgroup(GROUP, "hoarder", {queue.keys.stream("normal"): ">"}, count=70)
    frame = await recorder.refresh()
    assert (len(frame.ledger), frame.pel) == (60, {"hoarder": 70})


async def test_what_is_delayed_is_there_soonest_first(queue, recorder):
    late, soon = await queue.enqueue("sleep", delay=60), await queue.enqueue("sleep", delay=30)
    delayed = (await recorder.refresh()).delayed_jobs["normal"]
    assert [job.job for job in delayed] == [soon, late]
    assert all(abs(job.due - wanted) < 5 for job, wanted in zip(delayed, (30, 60), strict=True))


async def test_the_newest_dead_letters_are_there_newest_last(queue, recorder):
    stream = queue.keys.stream("high")
    ids = [await queue.enqueue("sleep", priority="high") for _ in range(14)]
    [[_, rows]] = await queue.redis.xreadgroup(GROUP, "ada", {stream: ">"})
    for (entry, _), job_id in zip(rows, ids, strict=True):
        await queue.transitions.bury("ada", "high", entry, job_id, "failed", "no", "")
    frame = await recorder.refresh()
    assert frame.dead == 14
    assert [(letter.job, letter.tier, letter.reason) for letter in frame.letters] == [
        (job_id, "high", "failed") for job_id in ids[2:]
    ]


async def test_a_stranger_s_entry_goes_by_its_id_and_stops_nothing(queue, recorder):
    entry = (await queue.redis.xadd(queue.keys.stream("normal"), {b"\xff": b"\xfe"})).decode()
    frame = await recorder.refresh()
    assert frame.heads["normal"] == [WaitingJob(entry, entry, 0)]
    await queue.redis.xreadgroup(GROUP, b"\xff", {queue.keys.stream("normal"): ">"})
    frame = await recorder.refresh()
    assert [(row.job, row.attempt) for row in frame.ledger] == [(entry, 0)]


async def test_a_key_that_was_given_another_type_reads_as_empty(queue, recorder):
    k = queue.keys
    for key in (k.stream("low"), k.delayed("low"), k.dead, k.totals, k.settings, k.events):
        await queue.redis.set(key, "a learner's hand")
    job_id = await queue.redis.xlen(k.stream("high"))
    frame = await recorder.refresh()
    assert (frame.redis, frame.waiting["low"], frame.dead, frame.accepted) == ("up", 0, 0, job_id)


@pytest.mark.parametrize("written", ["1500", "499", "0", "-1", "1e3", "9" * 12, "²", "soon", "", b"\xff"])
async def test_a_frame_has_the_lease_that_the_queue_goes_by_whatever_was_written_there(world, written):
    await world.queue.redis.hset(world.queue.keys.settings, "lease_ms", written)
    assert (await world.recorder.refresh()).lease == await world.queue.lease()


async def test_a_total_that_is_no_number_ends_no_recording(world):
    await world.queue.redis.hset(world.queue.keys.totals, mapping={"done": "many", "accepted": 3})
    frame = await world.recorder.refresh()
    assert (frame.done, frame.accepted) == (0, 3)


async def test_lease_policy_and_watermarks_are_those_in_force(world):
    await world.queue.set_lease(7)
    await world.queue.set_policy("aging:5")
    world.limit("low", (5, 10))
    frame = await world.recorder.refresh()
    assert (frame.lease, frame.policy, frame.capacity) == (7, "aging:5", {"low": (5, 10)})
    world.limit("low", None)
    assert (await world.recorder.refresh()).capacity == {}
