"""Any order of transitions, compared with a model of a few lines."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobqueue import Queue
from jobqueue.keys import TIERS
from jobqueue.scripts import LOST, SETTLED, SETTLED_BEFORE
from steps import HOUR, content, pending, renewed, silence, take


class Model:
    """Where each job ought to be, beside the real queue. `steps` are what hypothesis may choose from."""

    def __init__(self, queue: Queue):
        self.queue, self.transitions = queue, queue.transitions
        self.place: dict[str, str] = {}
        self.attempt: dict[str, int] = {}
        self.held = []  # (consumer, job), as their workers believe: some have lost the lease

    async def enqueue(self, pick):
        job_id = f"j{pick(8)}"
        await self.queue.enqueue("task", [job_id], priority=TIERS[pick(3)], job_id=job_id, max_attempts=1 + pick(3))
        if job_id not in self.place:
            self.place[job_id], self.attempt[job_id] = "waiting", 1

    async def fetch(self, pick):
        consumer = "ab"[pick(2)]
        for job in await take(self.queue, consumer, TIERS[pick(3)], count=1 + pick(3)):
            assert (self.place[job.id], self.attempt[job.id], job.payload) == ("waiting", job.attempt, [job.id])
            self.place[job.id] = "pending"
            self.held.append((consumer, job))

    async def settle(self, pick):
        if not self.held:
            return
        consumer, job = self.held[pick(len(self.held))]
        mine = await pending(self.queue, job.priority)
        how = ("complete", "retry", "bury", "release", "release for a while", "reap", "heartbeat")[pick(7)]
        before = await content(self.queue)
        reply = await self._settle(how, consumer, job)
        if mine.get(job.entry) != consumer:
            assert reply in (LOST, SETTLED_BEFORE)
            assert await content(self.queue) == before
        elif how != "heartbeat":
            assert reply in (1, 2) if how == "reap" else reply == SETTLED
            self._moved(how, job)

    async def _settle(self, how, consumer, job):
        match how:
            case "complete":
                return (await self.transitions.complete(consumer, [(job, b"1")], HOUR))[0][0]
            case "retry":
                return await self.transitions.retry(consumer, job, 0, "it broke")
            case "bury":
                return await self.transitions.bury(consumer, job.priority, job.entry, job.id, "failed", "", "")
            case "reap":
                if job.entry in await pending(self.queue, job.priority):
                    await silence(self.queue, job)
                return await self.transitions.reap(job.priority, job.entry, 1000)
            case "heartbeat":
                return int((await renewed(self.transitions, job, consumer))[0])
            case _:
                delay_ms = HOUR if "while" in how else 0
                return await self.transitions.release(consumer, job.priority, job.entry, delay_ms)

    def _moved(self, how, job):
        last, beyond = (
            job.lost >= 4 * (job.max_attempts - 1),
            job.failures > job.max_attempts,
        )  # no worker retries a last one
        self.attempt[job.id] += how in ("retry", "reap")
        self.place[job.id] = {
            "complete": "done", "retry": "delayed", "bury": "dead", "release": "dead" if beyond else "waiting",
            "release for a while": "dead" if beyond else "delayed", "reap": "dead" if last else "waiting",
        }[how]  # fmt: skip

    async def promote(self, pick):
        for tier in TIERS:  # all of it is due
            members = await self.queue.redis.zrange(self.queue.keys.delayed(tier), 0, -1)
            if members:
                await self.queue.redis.zadd(self.queue.keys.delayed(tier), dict.fromkeys(members, 1))
        limit = 1 + pick(3)
        await self.transitions.promote(limit)
        for job_id, place in self.place.items():
            if place == "delayed" and (await self.queue.job(job_id)).state == "waiting":
                self.place[job_id] = "waiting"

    async def forget(self, pick):
        before = [await pending(self.queue, tier) for tier in TIERS]
        await self.transitions.forget("ab"[pick(2)])
        assert [await pending(self.queue, tier) for tier in TIERS] == before

    steps = (enqueue, enqueue, fetch, fetch, settle, settle, settle, settle, promote, forget)

    async def check(self):
        now, places = await self.queue.snapshot(), list(self.place.values())
        for place in ("waiting", "pending", "delayed"):
            assert now.total(place) == places.count(place)
        assert (now.done, now.dead, now.accepted) == (places.count("done"), places.count("dead"), len(places))
        assert now.accepted == now.unsettled + now.done + now.dead
        assert {job_id: (await self.queue.job(job_id)).state for job_id in self.place} == self.place


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.lists(st.integers(0, 2**16), min_size=5, max_size=5), min_size=20, max_size=60))
async def test_every_job_is_in_one_place_after_any_order_of_transitions(queue, choices):
    await queue.redis.flushall()
    await queue.open()
    model = Model(queue)
    for step, *numbers in choices:
        draw = iter(numbers)
        await Model.steps[step % len(Model.steps)](model, lambda n, draw=draw: next(draw) % n)
        await model.check()
