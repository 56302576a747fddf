"""A queue in a cluster of three masters, and behind a sentinel: it follows its master through failovers.

What is told in notebooks/past-one-machine.md is tried here, on servers of this machine.
"""

import ast
import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import redis
from redis.exceptions import ClusterDownError, RedisError, ResponseError
from servers import Cluster, Watched, promote, running, slot_of

from helpers import eventually, eventually_async
from jobqueue import Queue, Worker
from jobqueue.server import connector
from jobqueue.server.connect import connect

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[3] / "notebooks" / "past-one-machine.md"


@pytest.fixture
def cluster():
    with running(Cluster, slot_of("jobs")) as cluster:
        yield cluster


@pytest.fixture
def watched():
    with running(Watched) as watched:
        yield watched


async def double(job):
    await asyncio.sleep(0.01)
    return job.payload * 2


@contextlib.asynccontextmanager
async def at_work(url):
    """A worker of its own connections, from here to the end."""
    async with Queue(url) as queue:
        worker = Worker(queue, {"double": double}, concurrency=4, grace=1.0)
        running = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            worker.drain()
            await running


async def set_lease(url, seconds):
    """Before there are workers: later, a shorter one counts only after one old lease."""
    async with Queue(url) as queue:
        await queue.set_lease(seconds)


@contextlib.asynccontextmanager
async def on_one_connection(url):
    """A queue as needed for WAIT, which speaks of what was written through its own connection."""
    made = connector(url)(url)
    async with Queue(url, connect=lambda _: made.client()) as queue:
        yield queue
    await made.connection_pool.disconnect()


async def insist(queue, number):
    """As a producer should: the same id again, until it hears yes."""
    while True:
        try:
            return await queue.enqueue("double", number, job_id=f"job-{number}")
        except RedisError:
            await asyncio.sleep(0.05)


def deaf(cluster):
    """From here on the replica hears nothing that the master says."""
    cluster.replica.process.send_signal(signal.SIGSTOP)
    cluster.master.client.execute_command("CLIENT KILL TYPE replica")


def replaced(cluster):
    """The master is gone, and its deaf replica wakes, to take its place in a moment."""
    cluster.master.kill()
    cluster.replica.process.send_signal(signal.SIGCONT)


async def seen(queue, job_id):
    """What the queue knows of a job, as soon as it knows anything."""

    async def known():
        with contextlib.suppress(RedisError):
            return [await queue.job(job_id)]

    [status] = await eventually_async(known, timeout=30)
    return status


async def result(queue, job_id):
    """The job's result as soon as it is done, whoever is master meanwhile."""

    async def done():
        with contextlib.suppress(RedisError):
            return await queue.job(job_id) if (await queue.job(job_id)).state == "done" else None

    return (await eventually_async(done, timeout=30)).result


# F65
async def test_a_queue_is_on_one_shard_and_queues_by_their_names_on_all_of_them(cluster):
    homes = set()
    for name in "abcdef":
        async with Queue(cluster.url, name) as queue:
            job_id = await queue.enqueue("double", 21, priority="low")
            await Worker(queue, {"double": double}).run_until_idle()
            assert await queue.result(job_id, timeout=5) == 42
            homes.add(queue.redis.masters.known)
    assert homes == {("127.0.0.1", node.port) for node in cluster.masters}


async def test_a_planned_failover_and_its_reverse_lose_no_job(cluster):
    await set_lease(cluster.url, 1)
    async with Queue(cluster.url) as queue, at_work(cluster.url):
        for number in range(120):
            if number == 40:
                await asyncio.to_thread(promote, cluster.replica)
            if number == 80:
                await asyncio.to_thread(promote, cluster.master)
            await insist(queue, number)
        assert [await result(queue, f"job-{number}") for number in range(120)] == [2 * n for n in range(120)]
        now = await queue.snapshot()
    assert (now.accepted, now.done, now.unsettled, now.dead) == (120, 120, 0, 0)


async def test_when_the_master_is_killed_all_goes_on_and_what_wait_vouched_for_is_done(cluster):
    vouched = []
    await set_lease(cluster.url, 1)
    async with on_one_connection(cluster.url) as queue, at_work(cluster.url):
        for number in range(45):
            if number == 25:
                cluster.master.kill()
            job_id = await insist(queue, number)
            with contextlib.suppress(RedisError):
                if await queue.redis.wait(1, 100):
                    vouched.append(job_id)
        assert len(vouched) >= 25
        assert [await result(queue, job_id) for job_id in vouched] == [2 * int(name[4:]) for name in vouched]
        last = await result(queue, await insist(queue, 1000))  # after the failover, by the new master alone
    assert (last, cluster.replica.info("replication")["role"]) == (2000, "master")


async def test_what_was_not_replicated_is_lost_with_its_master_and_wait_said_so(cluster):
    async with on_one_connection(cluster.url) as queue:
        kept = await queue.enqueue("double", 1)
        assert await queue.redis.wait(1, 5000) == 1
        deaf(cluster)
        lost = await queue.enqueue("double", 2)
        assert await queue.redis.wait(1, 100) == 0
        replaced(cluster)
        assert (await seen(queue, kept)).state == "waiting"
        assert await queue.job(lost) is None
        assert (await queue.snapshot()).accepted == 1


async def test_a_fetch_that_was_not_replicated_runs_beside_its_double_with_one_token_until_a_heartbeat_sees_it(cluster):
    begun, ended = [], []

    async def hold(job):
        begun.append(job)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append(job)
            raise

    async with Queue(cluster.url) as queue, Queue(cluster.url) as another:
        await queue.enqueue("hold", job_id="held")
        await queue.redis.wait(1, 5000)
        first, second = (Worker(each, {"hold": hold}, grace=0.1) for each in (queue, another))
        deaf(cluster)
        async with asyncio.TaskGroup() as workers:
            workers.create_task(first.run())
            await eventually_async(lambda: begun)
            replaced(cluster)
            await seen(another, "held")
            workers.create_task(second.run())
            await eventually_async(lambda: len(begun) == 2 and ended, timeout=30)
            assert begun[0].entry == begun[1].entry == ended[0].entry
            assert (begun[0].attempt, begun[1].attempt) == (1, 1)
            first.drain()
            second.drain()


async def test_what_ends_while_the_cluster_is_down_is_settled_when_it_is_up_again(cluster, caplog):
    """A shard is gone, and with it, for a while, the slots of all: each node says CLUSTERDOWN."""
    begun, end, ended = [], asyncio.Event(), []

    async def hold(job):
        begun.append(job)
        await end.wait()
        ended.append(job)

    other = next(node for node in cluster.masters if node is not cluster.master)
    async with Queue(cluster.url) as queue:
        worker = Worker(queue, {"hold": hold}, reap=False)
        job_id = await queue.enqueue("hold")
        running = asyncio.create_task(worker.run())
        await eventually_async(lambda: begun)
        other.kill()
        await asyncio.to_thread(
            eventually, lambda: cluster.master.client.cluster("info")["cluster_state"] == "fail", timeout=30
        )
        end.set()
        await eventually_async(lambda: ended)
        with pytest.raises(ClusterDownError):
            await queue.job(job_id)
        for node in (cluster.replica, *cluster.masters):
            if node is not other:
                node.client.config_set("cluster-require-full-coverage", "no")
        await result(queue, job_id)
        status = await queue.job(job_id)
        worker.drain()
        await running
    assert (status.attempt, len(begun)) == (1, 1)
    assert "refused to settle" not in caplog.text


async def test_a_master_that_is_frozen_is_left_as_soon_as_it_owes_an_answer(cluster, monkeypatch):
    monkeypatch.setattr("jobqueue.server.connect.REPLY_SECONDS", 0.5)
    async with Queue(cluster.url) as queue:
        await queue.enqueue("double", 1)
        cluster.master.process.send_signal(signal.SIGSTOP)
        await asyncio.wait_for(insist(queue, 2), 30)
        assert queue.redis.masters.known == ("127.0.0.1", cluster.replica.port)


async def test_the_pages_program_vouches_for_a_job(cluster):
    [program] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {"url": cluster.url}
    await eval(compile(textwrap.dedent(program), PAGE, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    assert (names["job_id"], names["vouched"]) == ("image-7", True)


async def test_a_server_that_must_have_replicas_refuses_a_job_when_it_has_none(queue, sandbox):
    with redis.Redis.from_url(sandbox.url) as client:
        client.config_set("min-replicas-to-write", 1)
        try:
            with pytest.raises(ResponseError, match="replicas"):
                await queue.enqueue("double", 1)
        finally:
            client.config_set("min-replicas-to-write", 0)
    assert (await queue.snapshot()).accepted == 0


async def test_behind_a_sentinel_workers_and_producers_follow_the_new_master(watched):
    await set_lease(watched.url, 1)
    async with Queue(watched.url) as queue, at_work(watched.url):
        before = [await insist(queue, number) for number in range(20)]
        assert [await result(queue, job_id) for job_id in before] == [2 * number for number in range(20)]
        watched.master.kill()
        after = await insist(queue, 100)
        assert await result(queue, after) == 200
    assert watched.replica.info("replication")["role"] == "master"


def test_the_command_line_takes_the_same_addresses(cluster, tmp_path):
    (tmp_path / "mine.py").write_text("HANDLERS = {'double': lambda job: job.payload * 2}", encoding="utf-8")
    environment = os.environ | {"JOBQUEUE_REDIS_URL": cluster.url}

    def jobqueue(*words):
        command = [sys.executable, "-m", "jobqueue.cli", *words]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)

    job_id = jobqueue("enqueue", "double", "21").stdout.strip()
    with subprocess.Popen(
        [sys.executable, "-m", "jobqueue.cli", "worker", "mine:HANDLERS"],
        env=environment,
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    ) as worker:
        eventually(lambda: '"result": 42' in jobqueue("status", job_id).stdout, timeout=30)
        worker.terminate()
        assert worker.wait(timeout=20) == 0
    refused = jobqueue("status", "--url", "redis+cluster://")
    assert (refused.returncode, "redis+sentinel://" in refused.stderr, refused.stderr.count("\n")) == (2, True, 1)


@pytest.mark.parametrize("url", ["redis+cluster://", "redis+cluster://a/x", "redis+sentinel://a", "redis+moon://a"])
def test_an_address_of_several_servers_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="HOST:PORT"):
        connector(url)


def test_an_address_is_read_with_all_that_belongs_to_the_server():
    made = connector("rediss+sentinel://me:secret@a,b:1234/mymaster?db=3")
    assert connector("redis://a") is connect
    client = made("")
    assert (client.masters.addresses, client.masters.service) == ([("a", 26379), ("b", 1234)], "mymaster")
    options = client.connection_pool.connection_kwargs
    assert (options["username"], options["password"], options["db"]) == ("me", "secret", 3)


async def test_without_a_sentinel_that_knows_it_says_so_in_a_sentence():
    client = connector("redis+sentinel://127.0.0.1:1/mymaster")("")
    with pytest.raises(
        redis.ConnectionError, match=r"no sentinel knows a master named 'mymaster' \(127.0.0.1:1: Error"
    ):
        await client.ping()
    await client.aclose()
