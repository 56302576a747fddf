"""frontrun, which reduces orders too, reaches the same ends: an oracle that shares no line with ours.

It tries orders of Redis commands by their keys, without faults or virtual time. `pip install frontrun` for this test.
"""

import random

import pytest
import redis
import redis.asyncio

from jobqueue.explorer import Scenario

COMMANDS = [
    lambda client, key: client.get(key),
    lambda client, key: client.incr(key),
    lambda client, key: client.set(key, 7),
    lambda client, key: client.getset(key, 3),
    lambda client, key: client.append(key, "1"),
    lambda client, key: client.exists(key),
    lambda client, key: client.delete(key),
]


def make_calls(rng):
    return [(rng.choice(COMMANDS), rng.choice("ab")) for _ in range(rng.randint(1, 3))]


def bare(calls):
    """A program that makes these calls, and returns the answers, or which error ended it."""

    async def run(client):
        try:
            return [await command(client, key) for command, key in calls]
        except redis.ResponseError as error:
            return type(error).__name__

    return run


def ends_here(run, programs):
    """All ends that our explorer reaches: what is in Redis, and the answers of each program."""
    ends = set()

    def recording(name, program):
        async def body(client, world):
            world.record(name, await program(client))

        return body

    def note(end):
        ends.add((repr(sorted(end.content.keys.items())), repr(sorted(end.effects))))

    bodies = {name: recording(name, program) for name, program in programs.items()}
    report = run(Scenario(bodies, invariants=[note]))
    assert report.verdict == "holds"
    return ends, report


async def ends_by_frontrun(frontrun, url, programs):
    ends, plain = set(), redis.Redis.from_url(url, decode_responses=True)
    clients = {name: redis.asyncio.Redis.from_url(url, decode_responses=True) for name in programs}

    def recording(name, program):
        async def body(answers):
            answers[name] = await program(clients[name])

        return body

    def start_over():
        plain.flushdb()
        return {}

    def note(answers):
        content = {key: plain.get(key) for key in plain.scan_iter()}
        ends.add((repr(sorted(content.items())), repr(sorted(answers.items()))))
        return True

    for client in clients.values():
        await client.ping()  # connect now, so that connecting isn't part of what is tried
    result = await frontrun.explore(
        setup=start_over,
        workers=[recording(name, program) for name, program in programs.items()],
        invariant=note,
        preemption_bound=None,
        stop_on_first=False,
    )
    assert result.property_holds, result.explanation or result.inconclusive_reason
    for client in clients.values():
        await client.aclose()
    plain.close()
    return ends, result


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
async def test_frontrun_reaches_the_same_ends(run, redis_url, seed, record_property):
    frontrun = pytest.importorskip("frontrun")
    rng = random.Random(seed)
    programs = {name: bare(make_calls(rng)) for name in ("ann", "bob")}
    theirs, result = await ends_by_frontrun(frontrun, redis_url, programs)
    ours, report = ends_here(run, programs)
    assert ours == theirs
    record_property("summary", f"seed {seed}: {report.schedules} orders, {len(ours)} ends; we ran {report.runs} orders "
                    f"for {report.stories} stories, frontrun ran {result.num_explored}")  # fmt: skip
