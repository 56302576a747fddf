"""The recorder goes on while Redis is away."""

import asyncio
import time

import pytest

from recorder_steps import happened


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
