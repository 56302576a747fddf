"""The recorder keeps what happened, in order."""

from jobqueue.lab.pictures.machine.words import state
from recorder_steps import happened


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


async def test_a_program_of_your_own_runs_although_it_never_asks_the_group(world):
    """Lesson 01's Ada reads by XRANGE. Her card said "starting" all the time."""

    async def reads_by_itself(redis, name):
        while True:
            await redis.incr("rounds")

    redis = world.client()
    world.spawn(reads_by_itself, "ada")
    frame = await world.recorder.refresh()
    assert (frame.workers[0].state, frame.workers[0].running) == ("running", 0)
    assert state(frame.workers[0], frame) == "running your code"
    await world.when(lambda: redis.exists("rounds"), 1)
    world.kill("ada")
    assert (await world.recorder.refresh()).workers[0].state == "dead"
