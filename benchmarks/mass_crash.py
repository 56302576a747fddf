"""Simulate how long a hundred orphans of a mass crash take, with killers among them or without.

python benchmarks/mass_crash.py

All workers have died at once. Two new ones, 16 jobs each, run the orphans, with the kit's own rule for suspects
(jobqueue/policies.py) and, to compare, one suspect at a time. A killer takes its worker along at a random moment; the
jobs that ran there come back after a lease. Times are in lengths of one job; a lease and a restart take one each.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import mean

from rich.console import Console
from rich.table import Table

from jobqueue import Job
from jobqueue.policies import Suspects

WORKERS, CONCURRENCY, LEASE, RESTART = 2, 16, 1.0, 1.0
#: Lost leases that end a job of three attempts.
MOST_LOST = 9


class OneAtATime(Suspects):
    """The rule of a worker that doesn't bisect."""

    def survived(self) -> None:
        pass


@dataclass
class Worker:
    rule: Suspects
    running: dict[str, Job] = field(default_factory=dict)
    #: Which life this is: what was to happen in an earlier one doesn't.
    life: int = 0


@dataclass
class Outcome:
    #: When the last innocent was done.
    seconds: float
    #: Innocents that lost too many leases, and the most leases that one has lost.
    dead: int
    most_lost: int


def orphan(number: int, lost: int = 1) -> Job:
    own = {"id": str(number), "priority": "normal", "attempt": lost + 1, "max_attempts": 3}
    return Job("t", None, 60.0, 0.0, **own, entry=f"{number}-{lost}", reaped=lost > 0, lost=lost)


def crash(
    orphans: int, killers: int, rng: random.Random, make_rule: Callable[[], Suspects] = Suspects, lost: int = 1
) -> Outcome:
    """Run `orphans`, of which the last `killers` kill, until every innocent is done or dead."""
    waiting = [orphan(number, lost) for number in range(orphans)]
    rng.shuffle(waiting)
    workers = [Worker(make_rule()) for _ in range(WORKERS)]
    outcome, left, order = Outcome(0.0, 0, lost), orphans - killers, itertools.count()
    events: list = []

    def is_killer(job: Job) -> bool:
        return int(job.id) >= orphans - killers

    def at(when: float, act: Callable[..., None], *args) -> None:
        heapq.heappush(events, (when, next(order), act, args))

    def fetch(now: float) -> None:
        for worker in workers:
            for job in list(waiting):
                if len(worker.running) < CONCURRENCY and worker.rule.have_room(job, worker.running.values()):
                    waiting.remove(job)
                    worker.running[job.id] = job
                    when = now + (rng.random() if is_killer(job) else 1.0)
                    at(when, die if is_killer(job) else finish, worker, worker.life, job)

    def finish(now: float, worker: Worker, life: int, job: Job) -> None:
        nonlocal left
        if worker.life == life:
            del worker.running[job.id]
            worker.rule.survived()
            left, outcome.seconds = left - 1, now

    def die(now: float, worker: Worker, life: int, job: Job) -> None:
        if worker.life == life:
            at(now + LEASE, come_back, list(worker.running.values()))
            worker.rule, worker.life = make_rule(), life + 1
            worker.running = {f"restarting {number}": job for number in range(CONCURRENCY)}
            at(now + RESTART, restart, worker)

    def restart(now: float, worker: Worker) -> None:
        worker.running = {}

    def come_back(now: float, jobs: list[Job]) -> None:
        nonlocal left
        for job in jobs:
            again = orphan(int(job.id), job.lost + 1)
            if not is_killer(job):
                outcome.most_lost = max(outcome.most_lost, again.lost)
            if again.lost < MOST_LOST:
                waiting.append(again)
            elif not is_killer(job):
                left, outcome.dead = left - 1, outcome.dead + 1

    fetch(0.0)
    while left:
        now, _, act, args = heapq.heappop(events)
        act(now, *args)
        fetch(now)
    return outcome


def trials(orphans: int, killers: int, many: int = 80, **options) -> list[Outcome]:
    return [crash(orphans, killers, random.Random(seed), **options) for seed in range(many)]


def main() -> None:
    table = Table("killers", "bisecting: mean", "worst", "most leases lost", "one at a time: mean", "worst")
    for killers in (0, 1, 3):
        ours, theirs = trials(100, killers), trials(100, killers, make_rule=OneAtATime)
        row = [f"{mean(one.seconds for one in each):.0f}" for each in (ours, theirs)]
        worst = [f"{max(one.seconds for one in each):.0f}" for each in (ours, theirs)]
        table.add_row(str(killers), row[0], worst[0], str(max(one.most_lost for one in ours)), row[1], worst[1])
    console = Console()
    console.print("100 orphans, 2 workers of 16 jobs, 80 trials; times in lengths of one job", highlight=False)
    console.print(table)
    small = trials(17, 1)
    dead = sum(one.dead for one in small)
    console.print(f"16 innocents and one killer, 80 trials: {dead} innocents dead", highlight=False)


if __name__ == "__main__":
    main()
