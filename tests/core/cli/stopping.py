"""Workers as processes whose handlers won't stop, for tests of how they end."""

import asyncio
import time

from helpers import eventually_async

UNRULY = '''
import asyncio, signal, sys, threading, time

async def stubborn(job):
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

async def nap(job):
    await asyncio.sleep(60)

def hang(job):
    time.sleep(600)

async def block(job):
    time.sleep(600)

async def crowd(job):
    """Take every thread that asyncio.to_thread has, and never give one back."""
    await asyncio.gather(*(asyncio.to_thread(time.sleep, 600) for _ in range(40)))

async def leave_a_thread(job):
    threading.Thread(target=time.sleep, args=[600]).start()
    return 1

async def cancel_all(job):
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(0)

async def interrupt(job):
    raise KeyboardInterrupt

async def exit_in_a_task(job):
    async def leave():
        sys.exit()
    async with asyncio.TaskGroup() as group:
        group.create_task(leave())

async def interrupt_in_a_callback(job):
    asyncio.get_running_loop().call_soon(signal.default_int_handler, signal.SIGINT, None)
    await asyncio.sleep(60)

async def stop_the_loop(job):
    asyncio.get_running_loop().stop()
    await asyncio.sleep(60)

async def take_away_streams(job):
    sys.stdout = sys.stderr = None

def speak(job):
    print("a word in a buffer", end="")
    time.sleep(600)

def close(job):
    sys.stdout.close()
    sys.stderr.close()

handlers = {name: value for name, value in globals().items() if callable(value)}
'''

#: A worker whose waits are short.
HASTY = """
import sys
from jobqueue import Worker
from jobqueue.cli import stop
Worker.patience, stop.DRAIN_SECONDS = 0.3, 1.0
from jobqueue.cli import run
run()
"""


async def started(queue, task, count=1):
    """`count` jobs of this task, each running by now."""
    ids = [await queue.enqueue(task) for _ in range(count)]
    await eventually_async(lambda: all_pending(queue, count), timeout=30)
    return ids


async def all_pending(queue, count):
    return (await queue.snapshot()).total("pending") == count


async def ended(worker, within):
    began = time.monotonic()
    code = await asyncio.to_thread(worker.wait, 60)
    assert time.monotonic() - began < within
    return code


async def state(queue, job_id):
    return (await queue.job(job_id)).state


BOUND = 30  # seconds, on a loaded machine: without a bound it would be sixty and more
