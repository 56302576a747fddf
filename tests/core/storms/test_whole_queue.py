"""The whole queue in any order of steps, compared with a model of it that is simple enough to be believed.

Every day a few hundred steps; `pytest -m long tests/core/storms/test_whole_queue.py` for tens of thousands.
"""

import asyncio

import msgspec
import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobqueue import NewJob, Queue, QueueFullError
from jobqueue.job import Malformed, decode_ticket
from jobqueue.keys import GROUP, TIERS
from jobqueue.reaper import Reaper
from jobqueue.scripts import LOST, SETTLED, SETTLED_BEFORE
from steps import HOUR, silence

CAPACITY = {"high": 2, "low": (1, 3)}
MARKS = {"high": (1, 2), "normal": None, "low": (1, 3)}


class Modelled(msgspec.Struct):
    """A job as it ought to be."""

    id: str
    tier: str
    max_attempts: int
    payload: object
    place: str
    attempt: int = 1
    reaped: bool = False
    released: int = 0
    lost: int = 0
    replays: int = 0
    history: int = 0
    #: The entry that settled it last, as its hash has it.
    settled: str | None = None


FOREIGN = "foreign"
#: Enough names for the queue never to know them all; one tier more often than the others, so that it fills.
ids = st.sampled_from([f"j{n:02}" for n in range(25)])
tiers = st.sampled_from(["low", "low", "low", "normal", "high"])
consumers = st.sampled_from("ab")
picks = st.integers(0, 10**6)


class WholeQueue(RuleBasedStateMachine):
    """Each rule does a step to the queue and to the model, and holds the queue's answer against the model's."""

    url: str

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.jobs: dict[str, Modelled] = {}
        #: Where the jobs are, each in its order; a stream has what waits and, with its consumer, what is pending.
        self.waiting = {tier: [] for tier in TIERS}
        self.pending: dict[tuple[str, str], tuple[str, str]] = {}  # (tier, entry): (consumer, id)
        self.delayed = {tier: set() for tier in TIERS}
        self.dead = []
        self.closed = dict.fromkeys(TIERS, False)
        self.totals = dict.fromkeys(("accepted", "done", "retried", "reaped", "discarded", "cancelled", "foreign"), 0)
        #: What consumers once were given: (consumer, Job). Most of it they have lost since.
        self.held = []
        self.lapsed = set()

    def teardown(self):
        self.run(self.queue.close())
        self.runner.close()

    def run(self, step):
        return self.runner.run(step)

    @initialize()
    def begin(self):
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
        self.queue = self.run(self._open())

    async def _open(self):
        return await Queue(self.url, capacity=CAPACITY).open()

    # Into the queue.

    def admits(self, tier):
        """Whether the tier has room: watermarks, in a few lines."""
        if MARKS[tier] is None:
            return True
        (low, high), depth = MARKS[tier], self.depth(tier)
        room = depth < high and (not self.closed[tier] or depth <= low)
        self.closed[tier] = high - low > 1 and (not room or depth + 1 == high)
        return room

    def depth(self, tier):
        pending = sum(where == tier for where, _ in self.pending)
        return len(self.waiting[tier]) + pending + len(self.delayed[tier])

    @rule(
        wanted=st.lists(
            st.tuples(ids, tiers, st.sampled_from([1, 1, 2, 3]), st.sampled_from([0, 3600]), picks),
            min_size=1,
            max_size=4,
        )
    )
    def enqueue(self, wanted):
        jobs = [NewJob("task", [n], tier, i, attempts, delay=delay) for i, tier, attempts, delay, n in wanted]
        answers = self.run(self.queue.enqueue_many(jobs))
        for job, answer in zip(jobs, answers, strict=True):
            if job.job_id in self.jobs:
                assert answer == job.job_id
            elif self.admits(job.priority):
                assert answer == job.job_id
                self.totals["accepted"] += 1
                self.jobs[answer] = Modelled(answer, job.priority, job.max_attempts, job.payload, "waiting")
                self.move(answer, "delayed" if job.delay else "waiting")
            else:
                assert isinstance(answer, QueueFullError)
                assert answer.tier == job.priority
                assert answer.depth == self.depth(job.priority)

    def move(self, job_id, place):
        job = self.jobs[job_id]
        job.place = place
        if place == "waiting":
            self.waiting[job.tier].append(job_id)
        elif place == "delayed":
            self.delayed[job.tier].add(job_id)
        elif place == "dead":
            self.dead.append(job_id)

    @rule(tier=tiers)
    def somebody_else_writes(self, tier):
        self.run(self.queue.redis.xadd(self.queue.keys.stream(tier), {b"\xff": b"\x00"}))
        self.waiting[tier].append(FOREIGN)

    # Consumers.

    @rule(consumer=consumers, tier=tiers, count=st.integers(1, 3))
    def fetch(self, consumer, tier, count):
        stream = self.queue.keys.stream(tier)
        reply = self.run(self.queue.redis.xreadgroup(GROUP, consumer, {stream: ">"}, count=count))
        expected, self.waiting[tier] = self.waiting[tier][:count], self.waiting[tier][count:]
        rows = [row for _, entries in reply for row in entries]
        assert len(rows) == len(expected)
        for (entry, fields), job_id in zip(rows, expected, strict=True):
            if job_id == FOREIGN:
                self._bury_foreign(consumer, tier, entry, fields)
                continue
            job, model = decode_ticket(tier, entry, fields), self.jobs[job_id]
            assert (job.id, job.priority, job.payload, job.attempt, job.max_attempts, job.reaped, job.lost) == (
                job_id, model.tier, model.payload, model.attempt, model.max_attempts, model.reaped, model.lost,
            )  # fmt: skip
            model.place = "pending"
            self.pending[tier, job.entry] = (consumer, job_id)
            self.held.append((consumer, job))

    def _bury_foreign(self, consumer, tier, entry, fields):
        with pytest.raises(Malformed):
            decode_ticket(tier, entry, fields)
        assert self.run(self.queue.transitions.bury(consumer, tier, entry, "", "malformed", "no id", "")) == SETTLED
        self.totals["foreign"] += 1
        self.dead.append(FOREIGN)

    def any_held(self, pick):
        held = self.held
        if pick % 4 and self.pending:  # more often one that is still theirs
            held = [(who, job) for who, job in held if self.pending.get(job.address, (None, None))[0] == who]
        consumer, job = held[pick // 4 % len(held)]
        holds = self.pending.get(job.address, (None, None))[0] == consumer
        return consumer, job, holds

    def expected_of_loser(self, job):
        model = self.jobs.get(job.id)
        return SETTLED_BEFORE if model and model.settled == job.entry else LOST

    def settle(self, job, place, *, remembered=True, told=True):
        """`job` has left its pending list for `place`."""
        del self.pending[job.address]
        self.lapsed.discard(job.address)
        model = self.jobs[job.id]
        model.history += remembered
        if told:
            model.settled = job.entry
        self.move(job.id, place)

    @precondition(lambda self: self.held)
    @rule(these=st.lists(picks, min_size=1, max_size=4), consumer=consumers)
    def complete(self, these, consumer):
        batch = [self.held[pick % len(self.held)][1] for pick in these]
        replies, _ = self.run(self.queue.transitions.complete(consumer, [(job, b"7") for job in batch], HOUR))
        for job, reply in zip(batch, replies, strict=True):
            if self.pending.get(job.address, (None, None))[0] == consumer:
                assert reply == SETTLED
                self.settle(job, "done", remembered=False)
                self.totals["done"] += 1
            else:
                assert reply == self.expected_of_loser(job)

    @precondition(lambda self: self.held)
    @rule(pick=picks)
    def fail(self, pick):
        """As a worker does: another attempt if there is one."""
        consumer, job, holds = self.any_held(pick)
        if job.failures < job.max_attempts:
            reply = self.run(self.queue.transitions.retry(consumer, job, HOUR, "it broke é" * 30))
        else:
            reply = self.run(self.queue.transitions.bury(consumer, job.priority, job.entry, job.id, "failed", "no", ""))
        if not holds:
            assert reply == self.expected_of_loser(job)
            return
        assert reply == SETTLED
        if job.failures < job.max_attempts:
            self.jobs[job.id].attempt += 1
            self.jobs[job.id].reaped = False
            self.totals["retried"] += 1
            self.settle(job, "delayed")
        else:
            self.settle(job, "dead")

    @precondition(lambda self: self.held)
    @rule(pick=picks)
    def reject(self, pick):
        consumer, job, holds = self.any_held(pick)
        reply = self.run(self.queue.transitions.bury(consumer, job.priority, job.entry, job.id, "rejected", "no", ""))
        assert reply == (SETTLED if holds else self.expected_of_loser(job))
        if holds:
            self.settle(job, "dead")

    @precondition(lambda self: self.held)
    @rule(pick=picks, delay=st.sampled_from([0, HOUR]), started=st.sampled_from([True, True, False]))
    def release(self, pick, delay, started):
        consumer, job, holds = self.any_held(pick)
        reply = self.run(self.queue.transitions.release(consumer, job.priority, job.entry, delay, started))
        assert reply == holds
        if holds:
            model = self.jobs[job.id]
            model.released += started
            model.attempt += started and model.released > model.max_attempts
            if model.attempt - model.lost > model.max_attempts:
                self.settle(job, "dead", told=False)
            else:
                self.settle(job, "delayed" if delay else "waiting", remembered=False)

    @precondition(lambda self: self.held)
    @rule(these=st.lists(picks, min_size=1, max_size=4), consumer=consumers)
    def heartbeat(self, these, consumer):
        jobs = [self.held[pick % len(self.held)][1] for pick in these]
        alive = [self.pending.get(job.address, (None, None))[0] == consumer for job in jobs]
        assert self.run(self.queue.transitions.heartbeat(consumer, jobs))[1] == alive
        self.lapsed -= {job.address for job, renewed in zip(jobs, alive, strict=True) if renewed}

    @rule(consumer=consumers)
    def forget(self, consumer):
        self.run(self.queue.transitions.forget(consumer))  # whoever holds something is not: the invariants would tell

    # Time.

    @precondition(lambda self: self.pending)
    @rule(pick=picks, at_once=st.booleans())
    def a_lease_runs_out(self, pick, at_once):
        address = sorted(self.pending)[pick % len(self.pending)]
        (job,) = [job for _, job in self.held if job.address == address][:1]
        self.run(silence(self.queue, job))
        self.lapsed.add(address)
        if at_once:
            self.reap()

    @rule()
    def reap(self):
        stale = sorted(self.lapsed, key=lambda address: (TIERS.index(address[0]), as_number(address[1])))
        assert self.run(Reaper(self.queue.redis, self.queue.keys).reap()) == len(stale)
        for address in stale:
            (job,) = [job for _, job in self.held if job.address == address][:1]
            model = self.jobs[job.id]
            self.totals["reaped"] += 1
            model.lost += 1
            if model.lost < 1 + 4 * (model.max_attempts - 1):
                model.attempt, model.reaped = model.attempt + 1, True
                self.settle(job, "waiting", told=False)
            else:
                self.settle(job, "dead", told=False)

    @rule(others=st.sets(ids, max_size=6), limit=st.integers(1, 3))
    def all_but_some_are_due(self, others, limit):
        these = set().union(*self.delayed.values()) - others
        self.run(self._make_due(these))
        self.run(self.queue.transitions.promote(limit))
        for tier in TIERS:
            for job_id in sorted(these & self.delayed[tier])[:limit]:
                self.delayed[tier].remove(job_id)
                self.move(job_id, "waiting")
        self.run(self._make_due(these, HOUR))  # what was due and found no place under the limit is not any more

    async def _make_due(self, these, wait=None):
        """Have these delayed jobs be due, in the order of their ids; or in `wait` again."""
        seconds, _ = await self.queue.redis.time()
        for tier in TIERS:
            for member in await self.queue.redis.zrange(self.queue.keys.delayed(tier), 0, -1):
                job_id = msgspec.json.decode(member)[1]
                if job_id in these:
                    due = seconds * 1000 + wait if wait else int(job_id[1:]) + 1
                    await self.queue.redis.zadd(self.queue.keys.delayed(tier), {member: due})
                    await self.queue.redis.hset(self.queue.keys.job(job_id), "due_ms", due)

    @rule(job_id=ids)
    def a_result_expires(self, job_id):
        model = self.jobs.get(job_id)
        if model and model.place in ("done", "cancelled"):
            assert self.run(self.queue.redis.pexpire(self.queue.keys.job(job_id), 0))
            del self.jobs[job_id]

    # People.

    @rule(job_id=ids)
    def cancel(self, job_id):
        model = self.jobs.get(job_id)
        possible = model is not None and model.place in ("waiting", "delayed")
        assert self.run(self.queue.cancel(job_id)) is possible
        if possible:
            (self.waiting if model.place == "waiting" else self.delayed)[model.tier].remove(job_id)
            model.place = "cancelled"
            self.totals["cancelled"] += 1

    @precondition(lambda self: self.dead)
    @rule(pick=picks)
    def replay(self, pick):
        place = pick % len(self.dead)
        letter = self.run(self.queue.dead.list())[place]
        assert self.run(self.queue.dead.replay(letter.letter)) == (self.dead[place] != FOREIGN)
        self._replayed(place)
        assert self.run(self.queue.dead.replay(letter.letter)) == 0

    def _replayed(self, place):
        if self.dead[place] != FOREIGN:
            model = self.jobs[self.dead.pop(place)]
            model.attempt, model.reaped, model.released, model.lost = 1, False, 0, 0
            model.replays += 1
            self.move(model.id, "waiting")

    @rule()
    def replay_all(self):
        lucky = [job_id for job_id in self.dead if job_id != FOREIGN]
        assert self.run(self.queue.dead.replay_all()) == len(lucky)
        for job_id in lucky:
            self._replayed(self.dead.index(job_id))

    @precondition(lambda self: self.dead)
    @rule(pick=picks)
    def discard(self, pick):
        place = pick % len(self.dead)
        letter = self.run(self.queue.dead.list())[place]
        assert self.run(self.queue.dead.discard(letter.letter)) == 1
        self.jobs.pop(self.dead.pop(place), None)
        self.totals["discarded"] += 1

    # What must hold at every instant.

    @invariant()
    def the_books_are_balanced(self):
        if not hasattr(self, "queue"):
            return
        now = self.run(self.queue.snapshot())
        strangers = sum(waiting.count(FOREIGN) for waiting in self.waiting.values())
        ends = now.unsettled + now.done + now.dead + now.discarded + now.cancelled
        assert now.accepted + now.foreign == ends - strangers
        assert {name: getattr(now, name) for name in self.totals} == self.totals
        assert now.dead == len(self.dead)
        for tier in TIERS:
            counts = now.tiers[tier]
            pending = sum(where == tier for where, _ in self.pending)
            assert (counts.waiting, counts.pending, counts.delayed) == (
                len(self.waiting[tier]), pending, len(self.delayed[tier]),
            )  # fmt: skip
            assert (counts.oldest is None) == (not self.waiting[tier])

    @invariant()
    def every_job_is_in_the_one_place_where_it_ought_to_be(self):
        if hasattr(self, "queue"):
            self.run(self._everything_is_in_its_place())

    async def _everything_is_in_its_place(self):
        keys, jobs = self.queue.keys, list(self.jobs.values())
        async with self.queue.redis.pipeline(transaction=False) as ask:
            for tier in TIERS:
                ask.xpending_range(keys.stream(tier), GROUP, "-", "+", 1000)
                ask.xrange(keys.stream(tier))
                ask.zrange(keys.delayed(tier), 0, -1)
                ask.hget(keys.gate, f"{tier} {MARKS[tier][1] if MARKS[tier] else 0}")
            ask.keys(keys.job_prefix + "*")
            answers = await ask.execute()
        for place, tier in enumerate(TIERS):
            self._tier_is_as_modelled(tier, *answers[4 * place : 4 * place + 4])
        assert len(answers[-1]) == len(jobs)
        for status, model in zip(await asyncio.gather(*(self.queue.job(job.id) for job in jobs)), jobs, strict=True):
            assert (status.state, status.tier) == (model.place, model.tier)
            assert (status.result == 7) == (model.place == "done")
        letters = await self.queue.dead.list()
        assert [letter.job_id or FOREIGN for letter in letters] == self.dead
        for letter in letters:
            if letter.job_id:
                model = self.jobs[letter.job_id]
                assert (letter.payload, letter.replays, len(letter.history)) == (
                    model.payload, model.replays, model.history,
                )  # fmt: skip

    def _tier_is_as_modelled(self, tier, rows, entries, members, gate):
        pending = {(tier, row["message_id"].decode()): row["consumer"].decode() for row in rows}
        assert pending == {at: who for at, (who, _) in self.pending.items() if at[0] == tier}
        waiting = []
        for entry, fields in entries:
            if at := self.pending.get((tier, entry.decode())):
                assert fields[b"id"].decode() == at[1]
            else:
                waiting.append(fields.get(b"id", FOREIGN.encode()).decode())
        assert waiting == self.waiting[tier]
        assert {msgspec.json.decode(member)[1] for member in members} == self.delayed[tier]
        assert len(members) == len(self.delayed[tier])
        assert gate == (b"closed" if self.closed[tier] else None)


def as_number(entry):
    return tuple(map(int, entry.split("-")))


def run_machine(url, **options):
    class Machine(WholeQueue):
        pass

    Machine.url = url
    quiet = settings(suppress_health_check=list(HealthCheck), **options)
    run_state_machine_as_test(Machine, settings=quiet)


@pytest.mark.slow
def test_the_queue_agrees_with_its_model_after_any_steps(redis_url):
    run_machine(redis_url, max_examples=90, stateful_step_count=50)


@pytest.mark.long
def test_the_queue_agrees_with_its_model_after_very_many_steps(redis_url):
    run_machine(redis_url, max_examples=300, stateful_step_count=80)
