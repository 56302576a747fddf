"""A user who may do less than everything: what only announces, counts or helps may be refused, and the work goes on."""

import asyncio
import contextlib
import logging
from pathlib import Path

import pytest
import redis as sync_redis
from redis.exceptions import NoPermissionError, ReadOnlyError, ResponseError

from helpers import eventually_async
from jobqueue import NewJob, Queue, QueueFullError, ServerFull, Worker
from jobqueue.reaper import Reaper
from jobqueue.server.binary import find_server
from jobqueue.server.leash import Leashed
from jobqueue.server.urls import unix_url
from steps import dead_letters, started

PAGE = Path(__file__).parents[3] / "notebooks" / "past-one-machine.md"
DOCUMENTED = {line.split()[1]: line.split()[2:] for line in PAGE.read_text("utf-8").splitlines() if " on >" in line}


@pytest.fixture
async def queue_as(sandbox):
    """`await queue_as("~{jobs}:*", "+@all")` opens the queue as a user with these rules and no others."""
    async with contextlib.AsyncExitStack() as stack:
        admin = stack.enter_context(sync_redis.Redis.from_url(sandbox.url))

        async def opened(*rules, **options):
            admin.execute_command("ACL", "SETUSER", "app", "reset", "on", ">secret", *rules)
            url = sandbox.url.replace("unix://", "unix://app:secret@")
            return await stack.enter_async_context(Queue(url, **options))

        yield opened
        admin.execute_command("ACL", "DELUSER", "app")


ALL = ("~{jobs}:*", "&{jobs}:ended", "+@all")
NO_CHANNEL = ("~{jobs}:*", "+@all", "resetchannels")  # as a user of Redis 7 has none, unless it is given one


# What is announced.


async def test_without_a_channel_each_job_ends_once(queue_as):
    queue = await queue_as(*NO_CHANNEL)

    async def run(job):
        if job.payload == "bad":
            raise ValueError("no")
        return job.payload

    await queue.enqueue("task", "bad", job_id="bad", max_attempts=1)
    await queue.enqueue("task", "good", job_id="good")
    await queue.enqueue("task", "never", job_id="never", delay=3600)
    assert await queue.cancel("never")
    async with asyncio.timeout(20):
        await Worker(queue, {"task": run}).run_until_idle()
    now = await queue.snapshot()
    assert (now.accepted, now.done, now.dead, now.cancelled, now.unsettled) == (3, 1, 1, 1, 0)
    assert len(await dead_letters(queue)) == 1
    assert [(await queue.job(job_id)).state for job_id in ("bad", "good", "never")] == ["dead", "done", "cancelled"]


@pytest.mark.slow
async def test_without_a_channel_a_result_can_be_waited_for(queue_as):
    queue = await queue_as(*NO_CHANNEL)
    waiting = asyncio.create_task(queue.result(await queue.enqueue("task", 7), timeout=20))
    await asyncio.sleep(0)
    await Worker(queue, {"task": lambda job: job.payload}).run_until_idle()
    assert await waiting == 7


# What is counted or told.


MOVES = {
    "done": lambda t, job: t.complete("me", [(job, b"1")], 60_000),
    "delayed": lambda t, job: t.retry("me", job, 0, "it broke"),
    "dead": lambda t, job: t.bury("me", job.priority, job.entry, job.id, "failed", "", ""),
    "waiting": lambda t, job: t.release("me", job.priority, job.entry),
    "reaped": lambda t, job: t.reap(job.priority, job.entry, 0),
}


# F41
@pytest.mark.parametrize("end", MOVES)
@pytest.mark.parametrize("key", ["totals", "events", "settings", "gate"])
async def test_a_key_that_only_counts_or_tells_may_be_of_any_type(queue, end, key):
    job = await started(queue)
    await queue.redis.delete(queue.keys.prefix + key)
    await queue.redis.set(queue.keys.prefix + key, "text")
    answer = await MOVES[end](queue.transitions, job)
    assert answer == 1 or answer[0] == [1]
    now = await queue.snapshot()
    assert (await queue.job(job.id)).state == ("waiting" if end == "reaped" else end)
    assert [now.total(place) for place in ("waiting", "pending", "delayed")] == [
        int(end in ("waiting", "reaped")), 0, int(end == "delayed"),
    ]  # fmt: skip
    assert now.dead == (end == "dead")


@pytest.mark.parametrize("key", ["totals", "events", "gate"])
async def test_nor_does_it_keep_a_job_out_or_a_dead_one_where_it_is(redis_url, key):
    async with Queue(redis_url, capacity={"normal": 2}) as queue:
        await queue.redis.set(queue.keys.prefix + key, "text")
        job = await started(queue)
        await queue.transitions.bury("me", "normal", job.entry, job.id, "failed", "", "")
        assert await queue.dead.replay_all() == 1
        assert await queue.cancel(job.id)
        for _ in range(2):
            await queue.enqueue("task")
        with pytest.raises(QueueFullError):
            await queue.enqueue("task")


# F41, F44
async def test_of_a_batch_a_job_that_cannot_be_added_keeps_out_no_other(queue):
    await queue.redis.delete(queue.keys.stream("high"))
    await queue.redis.set(queue.keys.stream("high"), "text")
    jobs = [NewJob("task", priority=tier, job_id=tier) for tier in ("normal", "high", "low")]
    answers = await queue.enqueue_many(jobs)
    assert answers[0::2] == ["normal", "low"] and isinstance(answers[1], ResponseError)
    now = await queue.snapshot()
    assert (now.accepted, now.total("waiting"), await queue.job("high")) == (2, 2, None)
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await queue.enqueue("task", priority="high")


# What only helps.


@pytest.mark.sampled(3)
@pytest.mark.parametrize("refused", ["-@admin", "-client|unblock", "-client|id"])
async def test_a_drain_that_may_not_unblock_waits_for_the_read_to_end(queue_as, sandbox, refused):
    queue, drained = await queue_as(*ALL, refused), asyncio.Event()

    async def slow(job):
        await drained.wait()
        return "finished"

    job_id = await queue.enqueue("slow")
    worker = Worker(queue, {"slow": slow}, grace=5)
    running = asyncio.create_task(worker.run())
    async with Queue(sandbox.url) as other:
        await eventually_async(lambda: somebody_blocks(other))
    worker.drain()
    asyncio.get_running_loop().call_later(0.5, drained.set)
    async with asyncio.timeout(15):
        await running
    assert (await queue.job(job_id)).result == "finished"


async def somebody_blocks(queue):
    return any(client["cmd"] == "xreadgroup" and "b" in client["flags"] for client in await queue.redis.client_list())


async def test_a_connection_whose_user_may_not_be_named_works_all_the_same(queue_as):
    queue = await queue_as(*ALL, "-client")
    await queue.enqueue("task", 7, job_id="mine")
    await Worker(queue, {"task": lambda job: job.payload}).run_until_idle()
    assert await queue.result("mine", timeout=20) == 7


async def test_a_server_that_calls_its_helpers_by_other_names_is_used_all_the_same(tmp_path, caplog):
    renamed = [word for name in ("CLIENT", "INFO", "CONFIG") for word in ("--rename-command", name, f"MY{name}")]
    socket = tmp_path / "s"
    server = Leashed([find_server(), "--port", "0", "--save", "", "--unixsocket", str(socket), *renamed])
    try:
        await eventually_async(socket.exists)
        async with Queue(unix_url(socket)) as queue:
            await queue.enqueue("task", 7, job_id="mine")
            await Worker(queue, {"task": lambda job: job.payload}).run_until_idle()
            assert await queue.result("mine", timeout=20) == 7
        assert "INFO is refused here" in caplog.text
    finally:
        server.kill()
        server.wait()


async def test_who_may_not_ask_for_info_is_warned_once(queue_as, caplog):
    queue = await queue_as(*ALL, "-@dangerous")
    await queue.enqueue("task")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "INFO" in caplog.text


# The first refusal is the one that is told.


async def test_a_full_server_without_the_queue_says_that_it_is_full(sandbox):
    with sync_redis.Redis.from_url(sandbox.url) as admin:
        before = admin.config_get("maxmemory")["maxmemory"]
        admin.config_set("maxmemory", 1)
        try:
            with pytest.raises(ServerFull, match="out of memory"):
                async with Queue(sandbox.url):
                    pass
        finally:
            admin.config_set("maxmemory", before)


async def test_a_replica_without_the_queue_says_that_it_is_one(sandbox):
    with sync_redis.Redis.from_url(sandbox.url) as admin:
        admin.replicaof("127.0.0.1", 1)
        try:
            with pytest.raises(ReadOnlyError, match="read only replica"):
                async with Queue(sandbox.url):
                    pass
        finally:
            admin.replicaof("NO", "ONE")


async def test_a_group_that_may_not_be_created_says_so(queue_as):
    with pytest.raises(NoPermissionError, match="xgroup"):
        await queue_as(*ALL, "-xgroup")


# The rights on the page are enough.


async def produce(queue):
    ids = [await queue.enqueue("task", 1), await queue.enqueue("task", 2, priority="low", delay=3600)]
    with pytest.raises(QueueFullError):
        await queue.enqueue_many([NewJob("task")])
        await queue.enqueue("task")
    assert [(await queue.job(job_id)).state for job_id in ids] == ["waiting", "delayed"]
    waiting = asyncio.create_task(queue.result(ids[0], timeout=10))
    assert [await queue.cancel(job_id) for job_id in ids] == [True, True]
    with pytest.raises(Exception, match="cancelled"):
        await waiting
    await queue.enqueue("task")
    assert (await queue.snapshot()).cancelled == 2
    assert (await queue.lease(), await queue.policy(), await queue.dead.list()) == (30, None, [])


async def work(queue):
    async def fail(job):
        if job.payload == "bad":
            raise ValueError("no")

    await queue.record_events()
    await queue.set_policy("strict")
    lost = await started(queue, "gone", job_id="lost")
    await queue.transitions.reap("normal", lost.entry, 0)
    for n, payload in enumerate(("bad", "good")):
        await queue.enqueue("task", payload, job_id=f"{n}", max_attempts=2, delay=0.001)
    worker = Worker(queue, {"task": fail})
    running = asyncio.create_task(worker.run())
    assert await queue.result("1", timeout=20) is None
    with pytest.raises(Exception, match="dead"):
        await queue.result("0", timeout=20)
    worker.drain()
    await running
    await Reaper(queue.redis, queue.keys).forget()
    assert (await queue.dead.replay_all(), await queue.dead.discard_all()) == (1, 0)
    await queue.set_lease(40)
    await queue.set_policy(None)


@pytest.mark.parametrize(("user", "does"), [("producer", produce), ("worker", produce), ("worker", work)])
async def test_the_rights_on_the_page_are_enough(queue_as, sandbox, caplog, user, does):
    with sync_redis.Redis.from_url(sandbox.url) as admin:
        admin.execute_command("ACL LOG RESET")
        rules = [rule for rule in DOCUMENTED[user] if rule not in ("on", ">secret")]
        await does(await queue_as(*rules, capacity={"normal": 2} if does is produce else None))
        assert admin.execute_command("ACL LOG") == []


async def test_a_producer_with_these_rights_can_take_no_job(queue_as):
    queue = await queue_as(*DOCUMENTED["producer"])
    with pytest.raises(NoPermissionError):
        await started(queue)
