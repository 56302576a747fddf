"""Producers in many processes race for the last places, and exactly as many win as there are places."""

import asyncio
import contextlib
from collections import Counter

import pytest
from filling import all_done, depth

from helpers import eventually_async, python
from jobqueue import Worker
from steps import take

PRODUCER = """
    import asyncio, json, sys
    from jobqueue import NewJob, Queue, QueueFullError

    async def main(url, name, tries, batch):
        async with Queue(url, capacity={"low": int(sys.argv[5])}) as queue:
            print(json.dumps("ready"), flush=True)
            sys.stdin.readline()
            accepted, refused = [], 0
            for start in range(0, tries, batch):
                ids = [f"{name}-{n}" for n in range(start, start + batch)]
                for answer in await queue.enqueue_many([NewJob("task", 1, "low", job_id) for job_id in ids]):
                    if isinstance(answer, str):
                        accepted.append(answer)
                    else:
                        assert isinstance(answer, QueueFullError), answer
                        refused += 1
            print(json.dumps([accepted, refused]), flush=True)

    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


async def race(queue, producers, tries, batch, capacity):
    """Real processes, started together, that want more than there is; returns what each was granted and refused."""
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(python(PRODUCER, queue.url, f"p{number}", str(tries), str(batch), str(capacity)))
            for number in range(producers)
        ]
        assert [await asyncio.to_thread(process.json) for process in processes] == ["ready"] * producers
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        return [await asyncio.to_thread(process.json) for process in processes]


# F43
@pytest.mark.parametrize("batch", [1, 7])
async def test_exactly_as_many_producers_win_as_there_are_places(queue, batch):
    replies = await race(queue, producers=4, tries=70, batch=batch, capacity=101)
    accepted = [job_id for granted, _ in replies for job_id in granted]
    assert (len(accepted), sum(refused for _, refused in replies)) == (101, 4 * 70 - 101)
    assert await depth(queue) == 101
    waiting = {job.id for job in await take(queue, tier="low", count=1000)}
    assert waiting == set(accepted)
    assert sum(bool(granted) for granted, _ in replies) > 1, "one producer took all: there was no race"


async def test_the_depth_never_exceeds_the_capacity_while_workers_make_room(queue):
    """The events tell the depth after each step, in the order in which the server took them."""
    await queue.record_events()

    async def run(job):
        await asyncio.sleep(0.001)

    worker = Worker(queue, {"task": run}, concurrency=4)
    working = asyncio.create_task(worker.run())
    replies = await race(queue, producers=3, tries=300, batch=3, capacity=6)
    accepted = sum(len(granted) for granted, _ in replies)
    await eventually_async(lambda: all_done(queue, accepted))
    worker.drain()
    await working
    level, levels = 0, Counter()
    for _, fields in await queue.redis.xrange(queue.keys.events):
        level += {b"accepted": 1, b"done": -1}.get(fields[b"event"], 0)
        levels[level] += 1
    assert (max(levels), level) == (6, 0)
    assert accepted > 6, "no place was ever used again: this run has proved nothing"
