"""A worker of a fleet, as a process: `python -m jobqueue.lab.fleet.process FD`.

It reads its Spec, one line of JSON, from the file descriptor, and then orders. {"slow": 4} makes its handlers take four
times as long. {"hoard": 64} makes it hold up to 64 jobs while it works on no more at once than before. It logs one line
of JSON per step.
"""

import asyncio
import importlib
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from jobqueue.handler import Handler
from jobqueue.lab.fleet.dials import Dials
from jobqueue.lab.fleet.parcel import Taught, unpack
from jobqueue.lab.fleet.raw import raw_client
from jobqueue.lab.fleet.tasks import URL
from jobqueue.policies import Policy, named, strict
from jobqueue.queue import Queue
from jobqueue.server.urls import unix_path
from jobqueue.worker import Worker

#: The parts of a log record that are written in addition to time, level and message.
PARTS = ("event", "task", "job", "tier", "entry", "attempt", "worker", "error")


class Spec(msgspec.Struct):
    """What a process of the fleet shall be."""

    url: str
    queue: str
    name: str
    #: Where the lab's handlers are, as module:name.
    handlers: str
    #: The folder of the taught policies and of the process's log.
    folder: str
    #: Where the kernel finds its modules. A learner's function may need them here.
    path: list[str]
    concurrency: int = 1
    reap: bool = True
    #: A file with the learner's own handlers (see parcel.py), or "".
    own_handlers: str = ""
    #: The name of the policy that it follows while the queue has none set; "" for strict priority.
    policy: str = ""
    #: A file with an `async def program(redis, name)` that it runs instead of being a worker, or "".
    program: str = ""


def main(fd: int) -> None:
    orders = os.fdopen(fd, "rb", buffering=0)
    spec = msgspec.convert(json.loads(orders.readline()), Spec)
    os.environ[URL] = spec.url
    sys.path += [folder for folder in spec.path if folder not in sys.path]
    log_as_json()
    _wait_for_proxy(unix_path(spec.url))
    try:
        asyncio.run(run_program(spec) if spec.program else _work(spec, orders))
    except Exception:
        logging.getLogger("jobqueue.lab").critical("this worker can't go on", exc_info=True)
        os._exit(1)
    # Nothing can stop a thread. Python would wait for one that hangs in a handler, although its job is handed back.
    sys.stderr.flush()
    os._exit(0)


async def run_program(spec: Spec) -> None:
    async with raw_client(spec.url) as redis:
        await unpack(Path(spec.program))(redis, spec.name)


async def _work(spec: Spec, orders: BinaryIO) -> None:
    worker, dials = prepare(spec, handlers_of(spec))
    loop = asyncio.get_running_loop()
    loop.add_reader(orders, _hear, orders, spec, worker, dials)
    for number in (signal.SIGTERM, signal.SIGINT):  # until now they end it at once, because it holds nothing
        loop.add_signal_handler(number, worker.drain)
    await worker.run()
    await worker.queue.close()


def prepare(spec: Spec, work: dict[str, Handler], kind: type[Worker] = Worker) -> tuple[Worker, Dials]:
    """Make the worker, and the dials that its handlers obey: those in `work`, by a task's name."""
    taught = Taught(Path(spec.folder))
    handlers: dict[str, Handler] = {}
    worker = kind(
        Queue(spec.url, spec.queue),
        handlers,
        concurrency=spec.concurrency,
        name=spec.name,
        policy=_policy(spec.policy, taught),
        policies=taught,
        reap=spec.reap,
    )
    dials = Dials(spec.concurrency, spec.name, lambda job: job.address in worker.runner.held)
    handlers |= {task: dials.around(handler) for task, handler in work.items()}
    return worker, dials


def handlers_of(spec: Spec) -> dict[str, Handler]:
    """The lab's handlers, and the learner's own."""
    module, _, name = spec.handlers.partition(":")
    handlers = getattr(importlib.import_module(module), name)
    return handlers | (unpack(Path(spec.own_handlers)) if spec.own_handlers else {})


def _policy(name: str, taught: Taught) -> Policy:
    return (taught.get(name) or named(name)) if name else strict


def _hear(orders: BinaryIO, spec: Spec, worker: Worker, dials: Dials) -> None:
    heard = orders.read(65536)
    if not heard:  # the kernel that gave orders is gone, and our watchdog is on its way
        asyncio.get_running_loop().remove_reader(orders)
    for line in heard.splitlines():
        obey(json.loads(line), spec, worker, dials)


def obey(order: dict[str, Any], spec: Spec, worker: Worker, dials: Dials) -> None:
    """Carry out an order."""
    dials.slow = order.get("slow", dials.slow)
    worker.resize(max(spec.concurrency, order.get("hoard", worker.concurrency)))


def _wait_for_proxy(socket: str) -> None:
    """Wait for our proxy's socket. The proxy starts with us, and a refused connection would cost us a second."""
    while not os.path.exists(socket):
        time.sleep(0.005)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"time": record.created, "level": record.levelname.lower(), "message": record.getMessage()}
        line |= {name: getattr(record, name) for name in PARTS if hasattr(record, name)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info).encode(errors="backslashreplace").decode()
        return msgspec.json.encode(line).decode()


def is_no_start(record: logging.LogRecord) -> bool:
    """Drop the core's `started`: it comes when a job is held. Here a job waits for its turn, and Dials logs that."""
    return getattr(record, "event", "") != "started"


def log_as_json() -> None:
    """Write the log of this process to its standard error, one line of JSON per record."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    log: logging.Logger = logging.getLogger("jobqueue")
    log.addHandler(handler)
    log.addFilter(is_no_start)  # this logger's own records only, not jobqueue.lab's
    log.setLevel(logging.INFO)


if __name__ == "__main__":
    main(int(sys.argv[1]))
