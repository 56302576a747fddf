"""What an error of the server means for what was asked: nothing happened, for a while or for good, or nobody knows."""

import asyncio
import contextlib
from collections import Counter

import pytest
import redis as sync_redis
from redis.exceptions import ConnectionError, NoPermissionError, RedisError, ResponseError, TimeoutError

from helpers import eventually, eventually_async
from jobqueue import Worker
from jobqueue.keys import TIERS
from jobqueue.server.refusals import NOT_YET, UNKNOWN, is_away, nothing_happened
from workers import working


@pytest.fixture
def admin(sandbox):
    with sync_redis.Redis.from_url(sandbox.url) as admin:
        yield admin


@contextlib.contextmanager
def configured(admin, **options):
    before = {name: admin.config_get(name)[name] for name in options}
    for name, value in options.items():
        admin.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            admin.config_set(name, value)


@contextlib.contextmanager
def a_replica(admin):
    admin.replicaof("127.0.0.1", 1)
    try:
        yield
    finally:
        admin.replicaof("NO", "ONE")


@contextlib.contextmanager
def at_a_script(admin):
    with configured(admin, **{"busy-reply-threshold": 1}), sync_redis.Redis.from_url(url_of(admin)) as other:
        connection = other.connection_pool.get_connection()
        connection.send_command("EVAL", "while true do end", 0)
        try:
            yield
        finally:
            admin.script_kill()
            eventually(lambda: answers(admin))
            connection.disconnect()


def answers(admin):
    with contextlib.suppress(ResponseError):
        return admin.ping()


def url_of(admin):
    return "unix://" + admin.connection_pool.connection_kwargs["path"]


FOR_A_WHILE = {
    "no memory": lambda admin: configured(admin, maxmemory=1),
    "no replica": lambda admin: configured(admin, **{"min-replicas-to-write": 1}),
    "a replica itself": a_replica,
    "at a script": at_a_script,
}


@pytest.mark.parametrize("state", FOR_A_WHILE)
async def test_what_is_refused_for_a_while_has_not_happened_and_is_worth_asking_again(queue, admin, state):
    with FOR_A_WHILE[state](admin):
        error = await eventually_async(lambda: refused(queue.redis.execute_command, "APPEND", "key", "x"))
    assert (nothing_happened(error), is_away(error)) == (True, True)
    assert await queue.redis.get("key") is None


async def refused(command, *args):
    try:
        await command(*args)
    except RedisError as error:
        return error


async def test_what_is_refused_for_good_has_not_happened_either(queue, admin):
    admin.set("key", "text")
    admin.execute_command("ACL SETUSER default -append")
    try:
        errors = [await refused(queue.redis.xlen, "key"), await refused(queue.redis.append, "key", "x")]
    finally:
        admin.execute_command("ACL SETUSER default +append")
    assert [type(error) for error in errors] == [ResponseError, NoPermissionError]
    assert [(nothing_happened(error), is_away(error)) for error in errors] == [(True, False)] * 2
    assert admin.get("key") == b"text"


async def test_a_script_that_is_not_there_was_not_run(queue):
    error = await refused(queue.redis.evalsha, "0" * 40, 0)
    assert (nothing_happened(error), is_away(error)) == (True, True)


async def test_of_what_got_no_reply_nobody_knows(queue, admin):
    asking = asyncio.create_task(refused(queue.redis.blpop, ["nothing"], 5))
    await eventually_async(lambda: admin.info("clients")["blocked_clients"])
    admin.client_kill_filter(_type="normal", skipme=True)
    for error in (await asking, TimeoutError("no reply")):
        assert isinstance(error, UNKNOWN)
        assert (nothing_happened(error), is_away(error)) == (False, True)


@pytest.mark.parametrize("kind", NOT_YET)
def test_no_class_is_both(kind):
    """Some are ConnectionErrors by their class, although the server, or the pool, did answer."""
    error = kind.__new__(kind)
    assert (nothing_happened(error), is_away(error)) == (True, True)


def test_a_plain_connection_error_is_unknown():
    assert not nothing_happened(ConnectionError("Connection closed by server"))


async def test_scripts_that_are_flushed_all_the_time_cost_no_second_run(queue, caplog):
    ran = Counter()

    async def count(job):
        ran[job.id] += 1
        if job.payload % 5 == 0 and job.attempt == 1:
            raise ValueError("to be retried")

    async def flush():
        while True:
            await queue.redis.script_flush()
            await asyncio.sleep(0.005)

    flushing = asyncio.create_task(flush())
    ids = [await queue.enqueue("count", n, priority=TIERS[n % 3]) for n in range(150)]
    async with working(Worker(queue, {"count": count}, concurrency=8)):
        await eventually_async(lambda: all_done(queue, len(ids)), timeout=60)
    flushing.cancel()
    assert ran == Counter({job_id: 1 + (n % 5 == 0) for n, job_id in enumerate(ids)})
    assert "refused to settle" not in caplog.text
    assert (await queue.snapshot()).retried == 30


async def all_done(queue, count):
    return (await queue.snapshot()).done == count
