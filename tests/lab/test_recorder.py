"""What a recorder sees of a real queue and of real workers, also while Redis is away; and how little it leaves."""

import asyncio
import gc
import time

import msgspec
import psutil
import pytest
from msgspec.structs import replace

from jobqueue.keys import GROUP
from jobqueue.lab.fleet.processes import Processes
from jobqueue.lab.recording.frame import NOTHING, Event, PelRow, WaitingJob, WorldFrame
from jobqueue.lab.recording.journal import Journal
from jobqueue.lab.recording.look import EVENTS_A_LOOK, Look, Recorded
from jobqueue.lab.recording.recorder import Recorder
from jobqueue.lab.traffic.load import poisson
from jobqueue.lab.world import World


@pytest.fixture
async def world():
    async with World(lease=1) as world:
        yield world


@pytest.fixture
async def recorder(queue, tmp_path):
    """Of a queue without workers; nobody samples but the test."""
    fleet = Processes(queue.url, queue.keys.name, tmp_path, "jobqueue.lab.fleet.tasks:HANDLERS")
    recorder = Recorder(queue, fleet)
    await queue.record_events()
    yield recorder
    await recorder.close()
    fleet.close()


def happened(recording, *wanted):
    return [event.event for event in recording if event.event in wanted or not wanted]


# ── a frame


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


# ── what happened


async def test_a_job_s_way_is_told_in_order_with_its_entry_and_its_worker(world):
    world.hire()
    job_id = await world.queue.enqueue("sleep", {"seconds": 0.05}, priority="high")
    await world.until(lambda frame: any(event.event == "done" for event in world.recorder.events))
    accepted, fetched, done = world.recorder.events
    assert [event.event for event in (accepted, fetched, done)] == ["accepted", "fetched", "done"]
    assert {(event.job, event.tier) for event in world.recorder.events} == {(job_id, "high")}
    assert accepted.entry == fetched.entry == done.entry != ""
    assert (fetched.worker, done.worker, fetched.attempt, done.attempt) == ("ada", "ada", 1, 1)
    assert 0 <= accepted.t <= fetched.t < done.t < world.recorder.now
    assert done.t - fetched.t >= 0.049


async def test_each_frame_tells_of_what_happened_since_the_one_before(world):
    world.hire()
    await world.until(lambda frame: frame.workers[0].state == "idle")
    for _ in range(30):
        await world.queue.enqueue("sleep", {"seconds": 0})
    await world.until(lambda frame: len(world.recorder.events) == 90)
    told = [event for frame in world.recorder.frames for event in frame.events]
    assert told == list(world.recorder.events)


async def test_a_failed_attempt_is_retried_and_its_job_promoted(world):
    world.hire()
    await world.queue.enqueue("flaky", {"fails": 1})
    await world.until(lambda frame: frame.done == 1 and len(world.recorder.events) == 6)
    assert happened(world.recorder.events) == ["accepted", "fetched", "retried", "promoted", "fetched", "done"]
    first, second = world.recording().attempts.itertuples()
    assert (first.outcome, first.wasted, first.attempt) == ("retried", True, 1)
    assert (second.outcome, second.wasted, second.attempt) == ("done", False, 2)
    assert second.waiting_s > first.ended_s and first.entry != second.entry


async def test_what_a_killed_worker_held_is_reaped_and_run_again(world):
    world.hire(2)
    await world.queue.enqueue("sleep", {"seconds": 0.3})
    frame = await world.until(lambda frame: any(worker.jobs for worker in frame.workers))
    [victim] = [worker.name for worker in frame.workers if worker.jobs]
    world.kill(victim)
    await world.until(lambda frame: frame.done == 1)
    await world.until(lambda frame: "done" in happened(world.recorder.events))
    attempts = world.recording().attempts.dropna(subset=["started_s"])
    assert list(attempts["outcome"]) == ["reaped", "done"] and list(attempts["wasted"]) == [True, False]
    assert attempts["worker"].iloc[0] == victim != attempts["worker"].iloc[1]
    summary = world.recording().summary()
    assert (summary["accepted"], summary["done"], summary["run_twice"], summary["reaped"], summary["lost"]) == (
        1, 1, 1, 1, 0,
    )  # fmt: skip


async def test_cancelled_dead_replayed_and_discarded_jobs_are_told_of(world):
    world.hire()
    await world.queue.cancel(await world.queue.enqueue("sleep", delay=60))
    ids = [await world.queue.enqueue("fail", max_attempts=1) for _ in range(2)]
    frame = await world.until(lambda frame: frame.dead == 2)
    letters = {letter.job: letter.letter for letter in frame.letters}
    await world.queue.dead.discard(letters[ids[0]])
    await world.queue.dead.replay(letters[ids[1]])
    await world.until(lambda frame: happened(world.recorder.events, "dead") == ["dead"] * 3)
    frame = await world.recorder.refresh()
    assert (frame.cancelled, frame.discarded, frame.dead) == (1, 1, 1)
    rare = [(one.event, one.job in ids) for one in world.recorder.events if one.event in ("replayed", "discarded")]
    assert rare == [("discarded", True), ("replayed", True)]


async def test_a_worker_is_starting_until_it_has_asked_for_work(world):
    world.hire()
    states = [(await world.recorder.refresh()).workers[0].state]
    await world.until(lambda frame: states.append(frame.workers[0].state) or states[-1] == "idle")
    assert set(states) == {"starting", "idle"}


# ── when Redis is away


async def test_frames_go_on_while_redis_is_down_with_what_was_known_last(world):
    await world.queue.enqueue("sleep")
    await world.until(lambda frame: frame.accepted == 1)
    await world.faults.kill_redis()
    frame = await world.until(lambda frame: frame.redis == "down")
    later = await world.until(lambda now: now.redis == "down" and now.t > frame.t)
    assert later.waiting == {"high": 0, "normal": 1, "low": 0}
    await world.faults.restart_redis()
    await world.until(lambda frame: frame.redis == "up" and frame.accepted == 1)


async def test_frames_go_on_while_redis_stands_still(world):
    await world.faults.pause_redis(600)
    await world.until(lambda frame: sum(frame.redis == "paused" for frame in world.recorder.frames) >= 5)
    world.faults._wake()
    await world.until(lambda frame: frame.redis == "up")


async def test_a_flushed_server_is_recorded_again(world):
    await world.queue.enqueue("sleep", delay=60)
    await world.until(lambda frame: happened(world.recorder.events) == ["accepted"])
    await world.queue.redis.flushall()
    await world.until(lambda frame: frame.accepted == 0)
    await world.recorder.next()
    await world.queue.enqueue("sleep", delay=60)
    await world.until(lambda frame: happened(world.recorder.events) == ["accepted"] * 2)
    assert world.recording().summary() | {"refused": 0} == {
        "accepted": 2, "done": 0, "run_twice": 0, "dead": 0, "refused": 0, "lost": 1, "reaped": 0, "retried": 0,
    }  # fmt: skip


async def test_a_picture_that_fails_does_not_end_the_recording(queue, recorder, caplog):
    recorder.on_frame = lambda frame: frame.no_such_field
    recording = asyncio.create_task(recorder.run())
    await asyncio.wait_for(recorder.next(), 5)
    await asyncio.wait_for(recorder.next(), 5)
    recording.cancel()
    assert "a picture failed" in caplog.text


async def test_a_cell_that_lets_nothing_else_run_is_no_fault_of_redis_and_moves_no_event(world):
    await world.recorder.next()
    asked = world.recorder.now
    await world.queue.enqueue("sleep", delay=60)
    answered = world.recorder.now
    time.sleep(1)  # noqa: ASYNC251
    await world.until(lambda frame: len(world.recorder.events) == 1)
    assert {frame.redis for frame in world.recorder.frames} == {"up"}
    [accepted] = world.recorder.events
    assert asked - 0.01 < accepted.t < answered + 0.01


@pytest.mark.parametrize(("told", "skew"), [(0.05, 0), (-0.05, 0), (3600, 3600), (-3600, -3600)])
async def test_only_a_clock_that_cannot_be_ours_counts_as_another(recorder, told, skew):
    recorder._asked_at = time.time()
    assert recorder._skew_of(time.time() + told) == pytest.approx(skew, abs=0.05)


async def test_looks_do_not_wait_behind_what_others_ask(queue, recorder):
    blocked = [asyncio.create_task(queue.redis.blpop("nothing", timeout=1)) for _ in range(70)]
    await asyncio.sleep(0)
    frame = await recorder.refresh()
    assert frame.redis == "up" and frame.waiting == {"high": 0, "normal": 0, "low": 0}
    await asyncio.gather(*blocked)


# ── the journal


def seen(*rows, now=1000, recorded=None):
    return Look(now, NOTHING, len(rows) if recorded is None else recorded, list(rows), set())


def told(ms, event, job="j", entry="1-0", worker="ada", tier="normal", now="1-0"):
    return Recorded(f"{ms}-0", event, job, entry, worker, tier, now)


def logged(t, event, job="j", entry="1-0", attempt=1):
    return Event(t, event, job, "normal" if event == "fetched" else "", entry, "ada", attempt)


def test_what_is_logged_after_the_look_waits_for_the_next_one():
    journal = Journal()
    assert journal.take(seen(now=1000), 0, [logged(1.2, "fetched")]) == []
    accepted, fetched = journal.take(seen(told(1100, "accepted", entry=""), now=1300), 0, [])
    assert (accepted.event, accepted.entry, fetched.event) == ("accepted", "1-0", "fetched")


def test_an_end_is_told_once_though_redis_and_the_log_tell_it():
    journal = Journal()
    journal.take(seen(now=300), 0, [logged(0.1, "fetched")])
    [done] = journal.take(seen(told(400, "done"), now=600), 0, [logged(0.401, "done")])
    assert (done.attempt, done.tier, journal.running) == (1, "normal", {})
    assert journal.take(seen(now=900), 0, []) == []


def test_an_end_that_only_the_log_tells_counts_as_well():
    journal = Journal()
    journal.take(seen(now=300), 0, [logged(0.1, "fetched")])
    [done] = journal.take(seen(now=600), 0, [logged(0.4, "done")])
    assert (done.event, done.tier, done.t) == ("done", "normal", 0.4)


def test_an_outcome_that_came_too_late_is_told_after_the_reaping():
    journal = Journal()
    journal.take(seen(now=300), 0, [logged(0.1, "fetched")])
    [reaped] = journal.take(seen(told(400, "reaped"), now=600), 0, [])
    [lost] = journal.take(seen(now=900), 0, [logged(0.8, "lost")])
    assert (reaped.event, reaped.attempt, lost.event) == ("reaped", 1, "lost")


def test_while_redis_is_away_begins_are_told_and_ends_wait():
    journal = Journal()
    [fetched] = journal.take(None, 0, [logged(0.1, "fetched"), logged(0.2, "done")])
    assert (fetched.event, [*journal.running]) == ("fetched", [("j", "1-0")])
    [done] = journal.take(seen(told(200, "done"), now=900), 0, [])
    assert (done.t, journal.running) == (0.2, {})


def test_with_more_events_than_one_look_takes_the_log_waits_for_the_last_of_them():
    journal = Journal()
    rows = [told(100 + i, "accepted", f"j{i}") for i in range(EVENTS_A_LOOK)]
    fresh = journal.take(seen(*rows, now=9000, recorded=EVENTS_A_LOOK + 1), 0, [logged(8.0, "fetched")])
    assert {event.event for event in fresh} == {"accepted"} and journal.missed == 0
    last = journal.take(seen(told(7999, "accepted"), now=9001, recorded=EVENTS_A_LOOK + 1), 0, [])
    assert [event.event for event in last] == ["accepted", "fetched"] and journal.missed == 0


def test_events_that_were_cut_before_they_were_read_are_counted():
    journal = Journal()
    journal.take(seen(told(1, "accepted"), recorded=1), 0, [])
    journal.take(seen(told(2, "accepted"), recorded=12), 0, [])
    assert journal.missed == 10
    journal.take(seen(told(3, "accepted"), recorded=1), 0, [])  # another stream: the server was flushed
    assert journal.missed == 10


def test_an_attempt_of_less_than_a_millisecond_ends_after_it_began():
    journal = Journal()
    rows = (told(5, "replayed"), told(5, "accepted", "k"), told(5, "done"))
    fresh = journal.take(seen(*rows), 0, [logged(0.0057, "fetched")])
    assert [(event.event, event.t) for event in fresh] == [
        ("replayed", 0.005), ("accepted", 0.005), ("fetched", 0.0057), ("done", 0.0057)
    ]  # fmt: skip


# ── what is left of it


def _ours():
    return [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.slow
async def test_twenty_worlds_leave_no_process_no_folder_no_task_and_little_memory():
    folders = []

    async def live():
        async with World(lease=1) as world:
            folders.extend([world.sandbox.folder, world.folder])
            world.hire(2)
            load = world.load(poisson(200), "sleep", {"seconds": 0.01})
            await world.until(lambda frame: frame.done >= 20)
            await world.faults.delay("ada", 0.01)
            world.kill()
            await world.until(lambda frame: frame.reaped or frame.done >= 40)
            world.recording().summary()
            assert load.running

    await live()  # whatever is made once is made now
    processes, tasks = len(_ours()), asyncio.all_tasks()  # of other tests' fixtures, and our own
    gc.collect()
    before = psutil.Process().memory_info().rss
    for _ in range(20):
        await live()
    gc.collect()
    assert (len(_ours()), asyncio.all_tasks()) == (processes, tasks)
    assert len(folders) == 42 and not any(folder.exists() for folder in folders)
    assert psutil.Process().memory_info().rss - before < 8 * 2**20
