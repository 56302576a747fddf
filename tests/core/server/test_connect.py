"""Settings of redis-py that would hurt a queue, and that our clients don't have."""

import asyncio
import os
import random
import signal
import time
from contextlib import contextmanager

import psutil
import pytest
import redis.asyncio
from redis.exceptions import TimeoutError

from helpers import eventually_async
from jobqueue.keys import GROUP
from jobqueue.sandbox import Sandbox
from jobqueue.server import connect as module
from jobqueue.server.connect import BLOCK_SECONDS, REPLY_SECONDS, connect


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "REPLY_SECONDS", 0.2)


@pytest.fixture
def own():
    """A server that this test may freeze, so that every answer is late."""
    sandbox = Sandbox()
    sandbox.start()
    yield sandbox
    sandbox.stop()


@contextmanager
def frozen(sandbox):
    os.kill(sandbox.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(sandbox.process.pid, signal.SIGCONT)


async def send_to_a_frozen_server(client, sandbox, *command):
    with frozen(sandbox):
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await client.execute_command(*command)
        return time.monotonic() - began


# F39
async def test_an_xadd_that_gets_no_answer_raises_and_is_sent_once(own, impatient):
    async with connect(own.url) as client:
        await client.ping()
        assert await send_to_a_frozen_server(client, own, "XADD", "s", "*", "n", "1") < 2
        await eventually_async(lambda: client.xlen("s"))
        await client.xadd("s", {"n": "2"})
        assert [fields[b"n"] for _, fields in await client.xrange("s")] == [b"1", b"2"]


# F68
async def test_an_xreadgroup_that_gets_no_answer_raises_and_is_sent_once(own, impatient):
    async with connect(own.url) as client:
        await client.xgroup_create("s", GROUP, id="0", mkstream=True)
        assert await client.xreadgroup(GROUP, "me", {"s": ">"}) == []  # connects
        for _ in range(20):
            await client.xadd("s", {"n": "1"})
        await send_to_a_frozen_server(client, own, "XREADGROUP", "GROUP", GROUP, "me", "COUNT", 1, "STREAMS", "s", ">")
        summary = await eventually_async(lambda: delivered(client))
        assert summary["pending"] == 1


async def delivered(client):
    summary = await client.xpending("s", GROUP)
    return summary if summary["pending"] else None


async def test_redis_py_by_default_reports_success_and_has_added_two_entries(own):
    """What `connect` is there for. Should this fail one day, redis-py has become safer, and `connect` can do less."""
    async with redis.asyncio.Redis(unix_socket_path=own.url.removeprefix("unix://"), socket_timeout=0.2) as client:
        await client.ping()
        with frozen(own):
            adding = asyncio.create_task(client.xadd("s", {"n": "1"}))
            await asyncio.sleep(0.3)  # the first is sent, and given up
        await adding
        assert await client.xlen("s") == 2


async def test_a_late_answer_is_never_taken_for_the_answer_to_the_next_command(own, impatient):
    async with connect(own.url) as client:
        await client.set("key", "late")
        await send_to_a_frozen_server(client, own, "GET", "key")
        for word in (b"one", b"two"):
            assert await client.echo(word) == word


async def test_a_block_as_long_as_the_workers_ends_without_an_error(own, monkeypatch):
    """The proportion that matters: an idle fetch is over well before its connection counts as dead."""
    assert BLOCK_SECONDS * 2 <= REPLY_SECONDS
    monkeypatch.setattr(module, "REPLY_SECONDS", REPLY_SECONDS / 10)
    async with connect(own.url) as client:
        assert await client.xread({"s": "$"}, block=round(BLOCK_SECONDS / 10 * 1000)) == []
        with pytest.raises(TimeoutError):
            await client.xread({"s": "$"}, block=round(REPLY_SECONDS / 10 * 1000) + 500)


# F60
@pytest.mark.long
async def test_a_block_longer_than_redis_pys_own_timeout_ends_without_an_error(own):
    async with connect(own.url) as client:
        assert await client.xread({"s": "$"}, block=6000) == []


async def test_our_clients_have_the_settings_that_we_ask_for(redis_url):
    async with connect(redis_url) as client:
        assert client.connection_pool.connection_kwargs["socket_timeout"] is None
        assert client.get_retry().get_retries() == 0
        assert (await client.client_info())["name"] == "jobqueue"


async def test_a_cancelled_task_ends_however_late_it_is_cancelled(redis_url):
    """With redis-py's socket_timeout set, Python 3.11 loses a cancellation in some of these."""

    async def ask_for_ever(client):
        while True:
            await client.ping()

    rng = random.Random(1)
    async with connect(redis_url) as client:
        for _ in range(500):
            asking = asyncio.create_task(ask_for_ever(client))
            await asyncio.sleep(rng.uniform(0, 0.003))
            asking.cancel()
            done, _ = await asyncio.wait([asking], timeout=5)
            assert done


async def test_replies_are_bytes_in_the_shape_of_resp2(redis_url):
    async with connect(redis_url) as client:
        await client.xgroup_create("s", GROUP, id="0", mkstream=True)
        entry = await client.xadd("s", {b"\xff": b"\x00"})
        assert await client.xreadgroup(GROUP, "me", {"s": ">"}) == [[b"s", [(entry, {b"\xff": b"\x00"})]]]
        assert await client.xreadgroup(GROUP, "me", {"s": ">"}) == []


async def test_a_connection_that_was_cut_is_made_again_for_the_next_command(redis_url):
    async with connect(redis_url) as client, connect(redis_url) as other:
        await client.ping()
        await other.client_kill_filter(_type="normal", skipme=True)
        assert await client.ping()


async def test_a_socket_that_does_not_exist_is_named_in_the_error(tmp_path):
    async with connect(f"unix://{tmp_path}/nobody") as client:
        with pytest.raises(redis.ConnectionError):
            await client.ping()


async def test_a_closed_client_leaves_no_connection_behind(own):
    def sockets():
        return len(psutil.Process().net_connections("unix"))

    before = sockets()
    async with connect(own.url) as client:
        await client.ping()
        assert sockets() > before
    assert sockets() == before


async def test_more_commands_at_once_than_connections_wait_their_turn(queue):
    """redis-py 8 by itself fails the hundredth as if the server were away; older ones open a connection for each."""
    assert len(await asyncio.gather(*(queue.enqueue("t") for _ in range(1000)))) == 1000
    assert (await queue.snapshot()).accepted == 1000
    assert int((await queue.redis.info("clients"))["connected_clients"]) <= module.COMMANDS_AT_ONCE + 5


async def test_a_users_name_and_password_in_options_log_in(own):
    async with connect(own.url) as client:
        await client.execute_command("ACL SETUSER ada on >p/w ~* &* +@all")
    for url in (f"{own.url}?username=ada&password=p/w&db=2", f"unix://ada:p%2Fw@{own.url[7:]}?db=2"):
        async with connect(url) as client:
            assert (await client.client_info())["user"] == "ada"
            assert (await client.client_info())["db"] == 2
