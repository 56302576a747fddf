"""A Queue in a second event loop: a script with two asyncio.run, a framework that makes a loop per call, a thread."""

import asyncio
import gc
import threading

import pytest

from jobqueue import LeakyBucket, NewJob, Queue, TokenBucket, Worker, WrongLoop

#: A loop that ends before its Queue is closed leaves sockets to the garbage collector, which says so.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collected():
    yield
    gc.collect()


CALLS = {
    "open": lambda queue: queue.__aenter__(),
    "enqueue": lambda queue: queue.enqueue("task"),
    "enqueue, with patience": lambda queue: queue.enqueue("task", wait=9),
    "enqueue_many": lambda queue: queue.enqueue_many([NewJob("task")]),
    "job": lambda queue: queue.job("first"),
    "result": lambda queue: queue.result("first"),
    "cancel": lambda queue: queue.cancel("first"),
    "snapshot": lambda queue: queue.snapshot(),
    "lease": lambda queue: queue.lease(),
    "set_lease": lambda queue: queue.set_lease(7),
    "policy": lambda queue: queue.policy(),
    "set_policy": lambda queue: queue.set_policy("aging:5"),
    "record_events": lambda queue: queue.record_events(),
    "dead.list": lambda queue: queue.dead.list(),
    "dead.replay_all": lambda queue: queue.dead.replay_all(),
    "dead.discard": lambda queue: queue.dead.discard("1-1"),
    "a token": lambda queue: TokenBucket(queue, "b", 1, 1).take(),
    "a place in a line": lambda queue: LeakyBucket(queue, "b", 1, 1).take(),
    "a worker": lambda queue: Worker(queue, {"task": lambda job: 1}).run_until_idle(),
}


async def use(queue):
    """A first loop's use of it, with a listener for results."""
    await queue.open()
    await queue.enqueue("task", job_id="first")
    with pytest.raises(TimeoutError):
        await queue.result("first", timeout=0.1)


async def call(queue, name):
    async with asyncio.timeout(3):  # at once, and not after a wait for anything
        await CALLS[name](queue)


@pytest.fixture
def used(redis_url):
    """A list with a queue that a first loop has used."""
    queue = Queue(redis_url)
    asyncio.run(use(queue))
    yield (held := [queue])
    asyncio.run(queue.close())  # does no harm, wherever
    assert asyncio.run(look(redis_url)) == (1, 1, None)  # nothing came of the calls
    held.clear()  # pytest keeps the list for longer than `collected` waits, so another test would meet the sockets


async def look(redis_url):
    async with Queue(redis_url) as queue:
        now = await queue.snapshot()
        return now.accepted, now.total("waiting"), await queue.policy()


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", CALLS)
def test_in_a_second_loop_each_call_fails_at_once_and_does_nothing(used, name):
    for _ in range(2):
        with pytest.raises(WrongLoop, match="one Queue per loop"):
            asyncio.run(call(used[0], name))


def test_a_worker_does_not_run_again_in_a_second_loop(redis_url):
    queue = Queue(redis_url)
    worker = Worker(queue, {"task": lambda job: 1})
    asyncio.run(worker.run_until_idle())
    with pytest.raises(WrongLoop):
        asyncio.run(worker.run_until_idle())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("keeper")]


def test_in_the_loop_of_another_thread_it_fails_and_the_first_goes_on(redis_url):
    async def both():
        async with Queue(redis_url) as queue:
            with pytest.raises(WrongLoop):
                await asyncio.to_thread(asyncio.run, call(queue, "enqueue"))
            return await queue.enqueue("task", job_id="mine")

    assert asyncio.run(both()) == "mine"


def test_a_queue_may_be_made_before_there_is_a_loop_and_each_loop_may_have_one(redis_url):
    queues = [Queue(redis_url) for _ in range(3)]
    ids = [asyncio.run(open_and_enqueue(queue)) for queue in queues]
    assert len(set(ids)) == 3


async def open_and_enqueue(queue):
    async with queue:
        return await queue.enqueue("task")
