"""Suspects run side by side only as far as others have survived, so no innocent dies of a killer."""

import asyncio
import itertools

import pytest

from jobqueue.policies import SIDE_BY_SIDE, Suspects
from mass_crash import MOST_LOST, OneAtATime, orphan, trials
from steps import silence, started
from workers import end_all, enqueue_many, hire, results, settled, start_worker

NUMBERS = itertools.count()


def suspect(lost=1):
    return orphan(next(NUMBERS), lost)


def group(suspects, lost=1):
    """The most suspects of this kind that may run side by side."""
    running = []
    while suspects.have_room(suspect(lost), running):
        running.append(suspect(lost))
    return len(running)


def test_each_survivor_doubles_the_group():
    suspects = Suspects()
    sizes = [group(suspects)]
    for _ in range(7):
        suspects.survived()
        sizes.append(group(suspects))
    assert sizes == [1, 2, 4, 8, 16, 32, 64, 64]


@pytest.mark.parametrize(("lost", "most"), [*SIDE_BY_SIDE.items(), (4, 1), (8, 1)])
def test_each_further_loss_makes_the_group_smaller_in_every_worker(lost, most):
    suspects = Suspects()
    suspects.proven = 1000
    assert group(suspects, lost) == most


def test_the_most_suspicious_one_decides_for_all():
    suspects = Suspects()
    suspects.proven = 64
    assert suspects.have_room(suspect(1), [suspect(3)] * 3)
    assert not suspects.have_room(suspect(1), [suspect(3)] * 4)
    assert not suspects.have_room(suspect(4), [suspect(1)])
    assert not suspects.have_room(suspect(1), [suspect(4)])


def test_a_fresh_job_is_no_suspect():
    fresh = orphan(0, lost=0)
    assert Suspects().have_room(fresh, [suspect()] * 20)
    assert group(Suspects()) == 1 and Suspects().have_room(suspect(), [fresh] * 20)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("killers", [0, 1, 3])
def test_a_hundred_orphans_are_back_soon_and_no_innocent_dies(killers):
    bisecting, serial = trials(100, killers), trials(100, killers, make_rule=OneAtATime)
    assert sum(one.dead for one in bisecting) == 0
    assert max(one.most_lost for one in bisecting) <= 4 < MOST_LOST
    assert max(one.seconds for one in bisecting) < min(one.seconds for one in serial)
    assert killers or max(one.seconds for one in bisecting) <= 7


# F22
def test_next_to_one_killer_no_innocent_dies():
    outcomes = trials(17, 1) + trials(17, 1, lost=2)
    assert len(outcomes) == 160 and sum(one.dead for one in outcomes) == 0


# F22
async def test_more_suspects_run_at_once_only_after_others_have_survived(queue, brisk):
    running, groups, most = 0, [], 0

    async def handle(job):
        nonlocal running, most
        running += job.reaped
        if job.reaped:
            groups.append((running, worker.runner.suspects.proven))
        most = max(most, worker.running)
        await asyncio.sleep(0.01)
        running -= job.reaped
        return job.attempt

    killed = [await started(queue, "gone") for _ in range(6)]
    for job in killed:
        await silence(queue, job)
        await queue.transitions.reap(job.priority, job.entry, 1000)
    fresh = await enqueue_many(queue, 30)
    worker = hire(queue, handle, concurrency=8)
    await worker.run_until_idle()
    assert len(groups) == 6 and groups[0] == (1, 1) and most == 8
    assert all(size <= proven for size, proven in groups)
    assert groups[-1][1] > 1
    assert await results(queue, [job.id for job in killed]) == [2] * 6
    assert await results(queue, fresh) == [1] * 30


async def test_a_job_that_kills_its_workers_takes_no_other_job_with_it(queue):
    """Sixteen jobs, of which one kills its worker at once; real workers in real processes, hired again and again."""
    await queue.set_lease(0.5)
    for number in range(15):
        await queue.enqueue("slow", number, job_id=f"innocent{number}")
    await queue.enqueue("kill", job_id="killer", max_attempts=2)
    deaths = 0
    workers = [start_worker(queue) for _ in range(2)]
    try:
        async with asyncio.timeout(60):
            while not await settled(queue):
                for place, worker in enumerate(workers):
                    if worker.poll() is not None:
                        deaths += 1
                        workers[place] = start_worker(queue)
                await asyncio.sleep(0.02)
    finally:
        end_all(workers)
    now = await queue.snapshot()
    assert (now.done, now.dead, deaths) == (15, 1, 5)  # the budget for lost leases is larger than that for failures
    assert await results(queue, [f"innocent{number}" for number in range(15)]) == list(range(15))
    killer = await queue.job("killer")
    assert (killer.state, killer.reason) == ("dead", "lease ran out")
