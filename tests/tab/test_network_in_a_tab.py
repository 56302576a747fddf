"""The network of a worker in a tab does what a notebook's proxy does: late, lost, vanished, cut, healed."""

import asyncio

import pytest

from jobqueue.lab.fleet.proxy import REPLIES, REQUESTS
from jobqueue.lab.tab.network import TabConnection, TabProxy


class Ends:
    """Both ends of a connection: what Redis and the worker got, and when."""

    def __init__(self):
        self.redis, self.worker, self.aborted = [], [], 0
        self.proxy = TabProxy()
        self.connection = TabConnection(self.proxy, self.redis.append, self.worker.append, self.abort)

    def abort(self):
        self.aborted += 1


@pytest.fixture
async def ends():
    return Ends()


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_without_a_fault_all_passes_at_once(ends):
    ends.connection.send(b"PING")
    ends.connection.receive(b"PONG")
    assert (ends.redis, ends.worker) == ([b"PING"], [b"PONG"])


async def test_what_is_delayed_comes_late_and_in_order_even_after_the_delay_ends(ends):
    loop = asyncio.get_running_loop()
    began, ends.proxy.delay = loop.time(), 0.05
    ends.connection.send(b"1")
    ends.proxy.delay = 0
    ends.connection.send(b"2")
    assert ends.redis == []
    await until(lambda: len(ends.redis) == 2)
    assert ends.redis == [b"1", b"2"]
    assert loop.time() - began >= 0.05


async def test_a_throttled_connection_takes_longer_for_more_bytes(ends):
    loop = asyncio.get_running_loop()
    began, ends.proxy.rate = loop.time(), 1000
    for _ in range(5):
        ends.connection.receive(b"x" * 20)
    await until(lambda: len(ends.worker) == 5)
    assert loop.time() - began >= 0.1


@pytest.mark.parametrize(("way", "redis_gets", "worker_gets"), [(REQUESTS, [], [b"b"]), (REPLIES, [b"a"], [])])
async def test_what_is_swallowed_vanishes_until_it_is_healed_by_a_cut(ends, way, redis_gets, worker_gets):
    ends.proxy.swallows = [way]
    ends.connection.send(b"a")
    ends.connection.receive(b"b")
    assert (ends.redis, ends.worker, ends.aborted) == (redis_gets, worker_gets, 0)
    ends.proxy.heal()
    assert ends.aborted == 1  # no one understands the rest


async def test_healing_leaves_a_connection_without_holes_alone(ends):
    ends.proxy.delay = 1
    ends.proxy.heal()
    ends.connection.send(b"a")
    assert (ends.redis, ends.aborted) == ([b"a"], 0)


async def test_the_reply_to_a_command_is_lost_after_redis_has_done_it(ends):
    lost = []
    ends.proxy.on_lost = lambda: lost.append(True)
    ends.proxy.lose_reply(b"XREADGROUP")
    ends.connection.send(b"PING")
    ends.connection.receive(b"PONG")
    ends.connection.send(b"XREADGROUP")
    ends.connection.receive(b"job 7")
    assert (ends.redis, ends.worker) == ([b"PING", b"XREADGROUP"], [b"PONG"])
    assert (lost, ends.aborted) == ([True], 1)


async def test_the_next_reply_that_carries_a_word_is_lost(ends):
    ends.proxy.lose_reply(carrying=b"job")
    ends.connection.receive(b"none")
    ends.connection.receive(b"job 7")
    assert (ends.worker, ends.aborted) == ([b"none"], 1)
