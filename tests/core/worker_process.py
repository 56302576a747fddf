"""A worker in a process of its own, for tests to kill: `python worker_process.py URL CONCURRENCY`."""

import asyncio
import hashlib
import os
import signal
import sys
import time

from redis.exceptions import ConnectionError

from jobqueue import Queue, Worker


async def slow(job):
    await asyncio.sleep(0.2)
    return job.payload


def kill(job):
    os.kill(os.getpid(), signal.SIGKILL)


def digest(job):
    """Real work, that can be compared: the SHA-256 of a number, hashed again and again."""
    time.sleep(0.05)
    return compute_digest(job.payload)


def compute_digest(number):
    text = str(number).encode()
    for _ in range(1000):
        text = hashlib.sha256(text).hexdigest().encode()
    return text.decode()


async def reach(queue):
    """Open `queue`, as soon as its server can be reached: what a supervisor would start us again for."""
    while True:
        try:
            return await queue.open()
        except ConnectionError:
            await asyncio.sleep(0.1)


async def main(url, concurrency):
    queue = Queue(url)
    try:
        await reach(queue)
        handlers = {"slow": slow, "kill": kill, "digest": digest}
        worker = Worker(queue, handlers, concurrency=int(concurrency))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.drain)
        await worker.run()
    finally:
        await queue.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
