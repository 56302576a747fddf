"""The whole Worker and the whole Reaper under the explorer, each of their tasks a lane, within stated bounds.

Their heartbeat, in life a thread, is a task here: between two commands of the explorer nothing else can come, so all
that is lost is a handler that computes without end (tests/core/worker/test_leases.py has it).
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

from census import KEYS, Census, structure

from jobqueue import Queue, Worker
from jobqueue.explorer import Bounds, Faults, Finding, Scenario, View
from jobqueue.keeper import Keeper
from jobqueue.keys import create_groups
from jobqueue.reaper import Reaper
from jobqueue.scripts import SCRIPTS

SECONDS = 30  # of a lease


class KeeperTask(Keeper):
    """A worker's keeper as a task beside it."""

    def start(self) -> None:
        self.task = asyncio.create_task(self.keep(), name="keeper")

    async def stop(self) -> None:
        self.stopped.cancel()
        await self.task


class TaskWorker(Worker):
    keeper_type = KeeperTask
    new_task = staticmethod(asyncio.create_task)


def a_queue(world) -> Queue:
    return Queue("", connect=world.connect)


def worker(*, fails=0, reap=False, takes=0, concurrency=2, name=None, leaves_after=None):
    """A program: a Worker that runs until the queue is idle, or is drained after so many seconds.

    Its handler records that it ran, takes a while, and fails up to attempt `fails`. In a job named poison is a step, so
    that a crash may strike while it runs, as if it had killed its worker; else it fails, always.
    """

    async def program(redis, world):
        async def handler(job):
            world.record("ran", job.id, job.attempt, job.entry)
            try:
                await asyncio.sleep(takes)
            except asyncio.CancelledError:
                world.record("handed back", job.entry)
                raise
            if job.id == "poison":
                await world.step("poison")
            if job.attempt <= fails or job.id == "poison":
                raise ValueError("no")
            return job.id

        options = {"concurrency": concurrency, "reap": reap, "rng": random.Random(0)}
        made = TaskWorker(a_queue(world), {"t": handler}, name=name or world.name, **options)
        if leaves_after is None:
            await made.run_until_idle()
        else:
            asyncio.get_running_loop().call_later(leaves_after, made.drain)
            await made.run()

    return program


def produces(*ids):
    async def program(redis, world):
        queue = a_queue(world)
        for id in ids:
            await queue.enqueue("t", id, job_id=id)

    return program


async def reaps(redis, world):
    """The whole Reaper, once: every tier, and the names of the gone."""
    reaper = Reaper(world.connect(), KEYS)
    await reaper.reap()
    await reaper.forget()
    await reaper.promote()


def setup(*ids, max_attempts=3):
    async def program(redis, world):
        queue = a_queue(world)
        await create_groups(queue.redis, KEYS)
        for id in ids:
            await queue.enqueue("t", id, job_id=id, max_attempts=max_attempts)

    return program


async def healthy(redis, world):
    """A `finish`: leases run out, delays end, and a whole worker runs what is left."""
    reaper, queue = Reaper(world.connect(), KEYS), a_queue(world)
    for _ in range(6):
        if not (await queue.snapshot()).unsettled:
            break
        await asyncio.sleep(2 * SECONDS)
        await reaper.reap()
        await reaper.promote()
        # While a job that failed is delayed, it is not idle, and nobody promotes but we: it leaves, and comes again.
        poisoned = await queue.job("poison") is not None
        await worker(name="healthy", leaves_after=1 if poisoned else None)(redis, world)


# What must hold.


def all_ran(view: View) -> list[Finding]:
    """At the end: every accepted job ran, and is done or dead; its attempts are bounded."""
    census, found = Census(view.content), []
    ran = [effect for effect in view.effects if effect[0] == "ran"]
    for id in census.hashes:
        places = [at.place for at in census.places[id]]
        if places not in (["done"], ["dead"]):
            found.append(Finding("lost", f"{id} is in {places}"))
        elif places == ["done"] and not any(effect[1] == id for effect in ran):
            found.append(Finding("lost", f"{id} is done, and never ran"))
    found += [Finding("unbounded", f"{effect}") for effect in ran if effect[2] > 3 + len(view.faults)]
    return found


def once(view: View) -> list[Finding]:
    """At every instant: no attempt is run twice; and without a fault no job is."""
    ran = [effect for effect in view.effects if effect[0] == "ran"]
    entries = [effect[3] for effect in ran]
    found = [Finding("ran twice", f"the attempt {entry}") for entry in set(entries) if entries.count(entry) > 1]
    if not view.faults:
        back = {effect[1] for effect in view.effects if effect[0] == "handed back"}
        attempts = [(effect[1], effect[2]) for effect in ran if effect[3] not in back]
        found += [Finding("duplicated", f"{one}") for one in set(attempts) if attempts.count(one) > 1]
    return found


def the_good_one_is_done(view: View) -> list[Finding]:
    """At the end: whatever a killer did to its workers, who stood beside it is done; and the killer is dead."""
    census = Census(view.content)
    places = {id: [at.place for at in census.places[id]] for id in census.hashes}
    meant = {id: ["dead"] if id == "poison" else ["done"] for id in places}
    found = [Finding("poisoned", f"{id} is in {at}") for id, at in places.items() if at != meant[id]]
    odd = [letter["reason"] for letter in census.letters if letter["reason"] not in ("failed", "lease ran out")]
    return found + [Finding("wrong reason", f"dead for {reason!r}") for reason in odd]


def no_consumer_is_left(view: View) -> list[Finding]:
    """At the end, if nobody crashed and no reply was lost: whoever left has been forgotten."""
    if view.faults:
        return []
    left = {consumer for names in Census(view.content).consumers.values() for consumer in names}
    return [Finding("leaked", f"the consumer {name}") for name in sorted(left)]


NO_FAULTS = Faults()


@dataclass(frozen=True)
class Whole:
    """A world of whole workers and reapers. Every day runs `runs` of its schedules; without: all there are."""

    programs: dict
    setup: Callable
    faults: Faults = NO_FAULTS
    runs: int | None = None
    at_end: tuple[Callable, ...] = ()

    def bounds(self, *, everyday: bool, seconds: float | None = None) -> Bounds:
        return Bounds(self.runs if everyday else None, seconds, steps=300)

    def scenario(self, title: str) -> Scenario:
        logging.getLogger("jobqueue").setLevel(logging.CRITICAL + 1)  # it would say each thing a thousand times
        return Scenario(
            self.programs,
            self.setup,
            healthy,
            (structure, all_ran, once, no_consumer_is_left, *self.at_end),
            (structure, once),
            self.faults,
            lease=SECONDS,
            scripts={name: script.text for name, script in SCRIPTS.items()},
            title=title,
        )


WHOLE = {
    "one worker": Whole({"w": worker(takes=1)}, setup("a")),
    "one worker, one fault": Whole(
        {"w": worker()}, setup("a"), Faults(crash=1, lose_reply=1, send_again=1, pass_time=1, total=1)
    ),
    "one worker with its reaper, one fault": Whole(
        {"w": worker(reap=True)}, setup("a"), Faults(crash=1, lose_reply=1, pass_time=1, total=1), runs=100
    ),
    "one worker with its reaper, whose job fails twice": Whole({"w": worker(fails=2, reap=True)}, setup("a"), runs=25),
    "two workers, one job": Whole({"w": worker(), "v": worker()}, setup("a")),
    "two workers, two jobs": Whole({"w": worker(concurrency=1), "v": worker(concurrency=1)}, setup("a", "b")),
    "two workers, one fault": Whole(
        {"w": worker(leaves_after=2), "v": worker(leaves_after=2)},
        setup("a"),
        Faults(crash=1, lose_reply=1, total=1),
        runs=100,
    ),
    "one poison job and a good one, their workers killed twice": Whole(
        {"w": worker(reap=True), "v": worker(leaves_after=40, reap=True)},
        setup("poison", "good"),
        Faults(crash=2),
        runs=30,
        at_end=(the_good_one_is_done,),
    ),
    "one poison job and a good one, one after the other": Whole(
        {"w": worker(concurrency=1, leaves_after=2), "r": reaps},
        setup("poison", "good", max_attempts=2),
        Faults(crash=1, lose_reply=1, total=1),
        runs=60,
        at_end=(the_good_one_is_done,),
    ),
    "a worker and a producer": Whole({"w": worker(), "p": produces("a", "b")}, setup()),
    "a worker, and a reaper after its lease": Whole(
        {"w": worker(), "r": reaps}, setup("a"), Faults(pass_time=1), runs=120
    ),
    "a worker that drains, and a job that takes long": Whole(
        {"w": worker(takes=20, leaves_after=1), "r": reaps}, setup("a"), runs=100
    ),
}
