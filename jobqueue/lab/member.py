"""A worker of a fleet, as a process: `python -m jobqueue.lab.member FD`.

It reads its Spec, one line of JSON, from the file descriptor, and then orders: {"slow": 4} has its handlers take four
times as long, {"hoard": 64} has it fetch up to 64 jobs while it works on no more at once than before. What it does it
logs, a line of JSON each.
"""

import asyncio
import importlib
import logging
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import msgspec

from jobqueue.lab.dials import Dials
from jobqueue.lab.parcel import Taught, unpack
from jobqueue.lab.raw import raw_client
from jobqueue.lab.tasks import URL
from jobqueue.priority import Policy, named, strict
from jobqueue.queue import Queue
from jobqueue.runner import Handler
from jobqueue.worker import Worker

#: What of a log record is written beside time, level and message.
PARTS = ("event", "task", "job", "tier", "entry", "attempt", "worker", "error")


class Spec(msgspec.Struct):
    """What a process of the fleet is to be."""

    url: str
    queue: str
    name: str
    #: Where the lab's handlers are, as module:name.
    handlers: str
    #: Where the policies are that were taught, and the process's log.
    folder: str
    #: Where the kernel finds its modules: a learner's may be needed here.
    path: list[str]
    concurrency: int = 1
    reap: bool = True
    #: A file with the learner's own handlers (see parcel.py), or none.
    own_handlers: str = ""
    #: The name of the policy it follows while the queue has none set; "" for strict priority.
    policy: str = ""
    #: A file with an `async def program(redis, name)` that it runs instead of being a worker, or none.
    program: str = ""


def main(fd: int) -> None:
    orders = os.fdopen(fd, "rb", buffering=0)
    spec = msgspec.json.decode(orders.readline(), type=Spec)
    os.environ[URL] = spec.url
    sys.path += [folder for folder in spec.path if folder not in sys.path]
    _log_as_json()
    _wait_for_the_way(urlsplit(spec.url).path)
    try:
        asyncio.run(_run_program(spec) if spec.program else _work(spec, orders))
    except Exception:
        logging.getLogger("jobqueue.lab").critical("this worker cannot go on", exc_info=True)
        os._exit(1)
    # A thread cannot be stopped: Python would wait for one that hangs in a handler, whose job is handed back already.
    sys.stderr.flush()
    os._exit(0)


async def _run_program(spec: Spec) -> None:
    async with raw_client(spec.url) as redis:
        await unpack(Path(spec.program))(redis, spec.name)


async def _work(spec: Spec, orders: BinaryIO) -> None:
    taught = Taught(Path(spec.folder))
    queue = Queue(spec.url, spec.queue)
    worker = Worker(
        queue,
        handlers := {},
        concurrency=spec.concurrency,
        name=spec.name,
        policy=_policy(spec.policy, taught),
        policies=taught,
        reap=spec.reap,
    )
    dials = Dials(spec.concurrency, spec.name, lambda job: job.address in worker._runner.held)
    handlers |= {task: dials.around(handler) for task, handler in _handlers(spec).items()}
    loop = asyncio.get_running_loop()
    loop.add_reader(orders, _obey, orders, spec, worker, dials)
    for number in (signal.SIGTERM, signal.SIGINT):  # until now they end it at once: it holds nothing
        loop.add_signal_handler(number, worker.drain)
    await worker.run()
    await queue.close()


def _handlers(spec: Spec) -> dict[str, Handler]:
    module, _, name = spec.handlers.partition(":")
    handlers = getattr(importlib.import_module(module), name)
    return handlers | (unpack(Path(spec.own_handlers)) if spec.own_handlers else {})


def _policy(name: str, taught: Taught) -> Policy:
    return (taught.get(name) or named(name, random.Random())) if name else strict


def _obey(orders: BinaryIO, spec: Spec, worker: Worker, dials: Dials) -> None:
    heard = orders.read(65536)
    if not heard:  # whoever gave orders is gone, and our watchdog is on its way
        asyncio.get_running_loop().remove_reader(orders)
    for line in heard.splitlines():
        order = msgspec.json.decode(line)
        dials.slow = order.get("slow", dials.slow)
        # Read before each fetch. What it holds beyond that when it is lowered again, it works off.
        worker.concurrency = max(spec.concurrency, order.get("hoard", worker.concurrency))
        worker._runner.slot_freed.set()  # or it might think for two seconds that it has its hands full


def _wait_for_the_way(socket: str) -> None:
    """The proxy that leads to Redis starts beside us; it costs a second to find nobody there and to come again."""
    while not os.path.exists(socket):
        time.sleep(0.005)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"time": record.created, "level": record.levelname.lower(), "message": record.getMessage()}
        line |= {name: getattr(record, name) for name in PARTS if hasattr(record, name)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def _began_only_when_begun(record: logging.LogRecord) -> bool:
    """The core says `started` of all it holds; here handlers wait for their turn, and Dials says so when it comes."""
    return getattr(record, "event", "") != "started"


def _log_as_json() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    log: logging.Logger = logging.getLogger("jobqueue")
    log.addHandler(handler)
    log.addFilter(_began_only_when_begun)  # of this logger's own records, not of jobqueue.lab's
    log.setLevel(logging.INFO)


if __name__ == "__main__":
    main(int(sys.argv[1]))
