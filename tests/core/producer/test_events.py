"""Events: each transition is one, while they're recorded, and they're capped."""

import copy

import pytest

from jobqueue import NewJob
from jobqueue.scripts import SCRIPTS, Transitions
from steps import HOUR, started, take


async def events(queue):
    found = await queue.redis.xrange(queue.keys.events)
    return [tuple(fields.get(name, b"").decode() for name in (b"event", b"id", b"worker")) for _, fields in found]


async def test_each_transition_is_an_event_while_they_are_recorded(queue, other):
    await queue.enqueue("task", job_id="before")
    assert await queue.redis.exists(queue.keys.events) == 0
    await queue.record_events()
    await queue.record_events()  # again does no harm
    job = await started(queue, "ada", job_id="j", max_attempts=1, tier="high")  # its first lost lease is its last
    await queue.transitions.release("ada", "high", job.entry)
    (job,) = await take(queue, "ada", "high")
    await queue.transitions.retry("ada", job, 0, "it broke")
    await queue.transitions.promote()
    (job,) = await take(queue, "ben", "high")
    await queue.redis.xclaim(queue.keys.stream("high"), "workers", "ben", 0, [job.entry], idle=HOUR, justid=True)
    await queue.transitions.reap("high", job.entry, 1000)
    [letter] = await queue.dead.list()
    await queue.dead.replay(letter.letter)
    (job,) = await take(queue, "cleo", "high")
    await queue.transitions.complete("cleo", [(job, b"1")], HOUR)
    await queue.cancel("before")
    doomed = await started(queue, "dan", job_id="doomed")
    await queue.transitions.bury("dan", "normal", doomed.entry, "doomed", "failed", "", "")
    await queue.dead.discard_all()
    assert await events(queue) == [
        ("recording", "", ""),
        ("accepted", "j", ""),
        ("released", "j", "ada"),
        ("retried", "j", "ada"),
        ("promoted", "j", ""),
        ("dead", "j", "ben"),
        ("reaped", "j", "ben"),
        ("replayed", "j", ""),
        ("done", "j", "cleo"),
        ("cancelled", "before", ""),
        ("accepted", "doomed", ""),
        ("dead", "doomed", "dan"),
        ("discarded", "doomed", ""),
    ]
    await queue.redis.delete(queue.keys.events)
    await queue.enqueue("task")
    assert await queue.redis.exists(queue.keys.events) == 0


# F02
async def test_events_are_capped(queue, monkeypatch):
    capped = copy.copy(SCRIPTS["enqueue"])
    capped.text = capped.text.replace("EVENTS_KEPT = 100000", "EVENTS_KEPT = 500")
    monkeypatch.setattr(Transitions, "scripts", SCRIPTS | {"enqueue": capped})
    transitions = Transitions(queue.redis, queue.keys)
    await queue.record_events()
    for batch in range(30):
        jobs = [NewJob("task", job_id=f"{batch}-{n}") for n in range(100)]
        tickets = [job.ticket(queue.max_bytes) | {"low": 0, "high": 0} for job in jobs]
        await transitions.run("enqueue", tickets)
    assert 500 <= await queue.redis.xlen(queue.keys.events) <= 1000


@pytest.mark.parametrize("broken", [b"", b"\xff", b"many", b"1.5", b"9" * 5000, b"1_0"])
async def test_a_broken_total_hides_no_other(queue, broken):
    await queue.enqueue("task")
    await queue.redis.hset(queue.keys.totals, mapping={b"done": broken, b"\xff": broken})
    now = await queue.snapshot()
    assert (now.accepted, now.done, now.total("waiting")) == (1, 0, 1)
