"""A line carries many calls over one connection, and each gets its own reply or error."""

import asyncio
import os
import signal
from contextlib import contextmanager

import pytest
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from helpers import eventually_async
from jobqueue.sandbox import Sandbox
from jobqueue.server import connect as module
from jobqueue.server.connect import connect

ECHO = "return ARGV[1]"


@pytest.fixture
def own():
    """A server that this test may freeze."""
    sandbox = Sandbox()
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
async def echo(own):
    """A call that goes over the line of one client, which is connected."""
    async with connect(own.url) as client:
        script = client.register_script(ECHO)
        assert await script(args=["first"]) == b"first"
        yield lambda word: asyncio.create_task(script(args=[word]))


@contextmanager
def frozen(sandbox):
    os.kill(sandbox.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(sandbox.process.pid, signal.SIGCONT)


async def test_many_calls_share_one_connection_and_get_their_own_replies(own, echo):
    words = [b"%d" % number for number in range(500)]
    async with asyncio.timeout(30):
        assert await asyncio.gather(*map(echo, words)) == words
    async with connect(own.url) as other:
        named = [one for one in await other.client_list() if one["name"] == "jobqueue"]
    assert len(named) == 2  # the line, and the client that asks


async def test_the_reply_to_a_cancelled_call_is_not_taken_for_that_of_the_next(own, echo):
    with frozen(own):
        cancelled = echo("cancelled")
        await asyncio.sleep(0)  # its first step sends it
        cancelled.cancel()
        later = echo("later")
        await asyncio.wait([cancelled])
    async with asyncio.timeout(30):
        assert await later == b"later"
    assert cancelled.cancelled()


async def test_when_no_reply_comes_all_calls_fail_and_the_next_connects_again(own, monkeypatch):
    monkeypatch.setattr(module, "REPLY_SECONDS", 0.3)
    async with connect(own.url) as client:
        script = client.register_script(ECHO)
        await script(args=["first"])
        with frozen(own):
            replies = await asyncio.gather(*(script(args=["x"]) for _ in range(3)), return_exceptions=True)
        assert [type(reply) for reply in replies] == [TimeoutError] * 3
        monkeypatch.setattr(module, "REPLY_SECONDS", 30)
        assert await script(args=["again"]) == b"again"


async def test_a_refusal_fails_its_own_call_and_no_other(own):
    async with connect(own.url) as client:
        fail, script = client.register_script("return {err = 'ERR no'}"), client.register_script(ECHO)
        await script(args=["first"])
        refused, fine = await asyncio.gather(fail(), script(args=["fine"]), return_exceptions=True)
    assert isinstance(refused, ResponseError) and str(refused).startswith("no")
    assert fine == b"fine"


async def test_a_lost_connection_fails_the_calls_on_it_and_the_next_connects_again(own, echo):
    with frozen(own):
        lost = echo("lost")
        await asyncio.sleep(0)
        own.process.kill()
    async with asyncio.timeout(30):
        with pytest.raises(ConnectionError):
            await lost
        own.restart()  # and not `start`: the connection ends a moment before the process does
        assert await eventually_async(lambda: tried(echo)) == b"again"


async def tried(echo):
    try:
        return await echo("again")
    except ConnectionError:
        return None


async def test_tasks_that_are_cancelled_while_it_connects_leave_a_client_that_works(own):
    async with connect(own.url) as client:
        script = client.register_script(ECHO)
        calling = asyncio.create_task(script(args=["x"]))
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:  # as a careless handler does
            task.cancel()
        await asyncio.wait([calling])
        async with asyncio.timeout(30):
            assert await script(args=["works"]) == b"works"
