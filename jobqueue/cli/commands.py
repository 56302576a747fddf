"""The commands that answer and end: enqueue, cancel, policy, lease. Each returns its exit code."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from jobqueue.cli.streams import AnswerLost
from jobqueue.printable import printable, printable_json
from jobqueue.queue import Queue
from jobqueue.status import JobStatus

#: Seconds after Ctrl-C in which such a command ends, even if its terminal takes no more output.
LEAVE_SECONDS = 0.5


class Refused(Exception):
    """Raised if the command can't run as given. `args[0]` is one line that says why."""


class NotFound(Refused):
    """Raised if the command ran and the answer is no."""


def with_queue(arguments: Namespace, do: Callable[[Queue], Coroutine[Any, Any, int]], **options: Any) -> int:
    """Open the queue that `arguments` name, run `do` with it, and return the exit code."""

    async def opened() -> int:
        async with Queue(arguments.url, arguments.queue, **options) as queue:
            return await do(queue)

    with _leaving_on_ctrl_c(0 if getattr(arguments, "watch", False) else 130):
        return asyncio.run(opened())


@contextlib.contextmanager
def needing(extra: str) -> Iterator[None]:
    """Import within this block what only the kit's `extra` brings. Raises Refused if it isn't installed."""
    try:
        yield
    except ModuleNotFoundError as missing:
        package = str(missing.name).partition(".")[0]
        raise Refused(f"it needs {package}: pip install 'jobqueue-kit[{extra}]'") from None


def given(arguments: Namespace, *names: str) -> dict[str, Any]:
    """Those of these arguments that were given, for a function that has its own defaults."""
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}


@contextlib.contextmanager
def _leaving_on_ctrl_c(code: int) -> Iterator[None]:
    """Let Ctrl-C end the process soon, with this exit code if nothing else ends it first.

    asyncio's own handler only cancels the task. But a write to a terminal that's full or stopped would go on blocking,
    and the next write of the leaving task would block as well.
    """

    def leave(*_: Any) -> None:
        timer = threading.Timer(LEAVE_SECONDS, os._exit, (code,))
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is leave:  # a worker sets its own (stop.py)
            signal.signal(signal.SIGINT, before)


def enqueue(arguments: Namespace) -> int:
    try:
        payload = json.loads(sys.stdin.buffer.read() if arguments.payload == "-" else arguments.payload)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the payload is not JSON: {error}") from None

    async def do(queue: Queue) -> int:
        options = {"priority": arguments.priority, "job_id": arguments.id, "max_attempts": arguments.max_attempts}
        options |= {"timeout": arguments.timeout, "delay": arguments.delay, "wait": arguments.wait}
        job_id = printable(await queue.enqueue(arguments.task, payload, **options))
        try:
            print(job_id, flush=True)
        except AnswerLost as lost:
            lost.done = f"The job {job_id} is enqueued: don't enqueue it again"
            raise
        return 0

    return with_queue(arguments, do, capacity=arguments.capacity)


async def get_known(queue: Queue, job_id: str) -> JobStatus:
    status = await queue.job(job_id)
    if status is None:
        raise NotFound(f"no job {job_id or repr(job_id)} is known in the queue {queue.keys.name}")
    return status


def cancel(arguments: Namespace) -> int:
    async def do(queue: Queue) -> int:
        cancelled = await queue.cancel(arguments.job_id)
        state = (await get_known(queue, arguments.job_id)).state
        if not cancelled and state != "cancelled":
            raise NotFound(f"the job {arguments.job_id} is {state}: you can only cancel a job that isn't running")
        print("cancelled")
        return 0

    return with_queue(arguments, do)


def lease(arguments: Namespace) -> int:
    async def do(queue: Queue) -> int:
        if arguments.seconds is not None:
            await queue.set_lease(arguments.seconds)
        print(f"{await queue.lease():g} s")
        return 0

    return with_queue(arguments, do)


def policy(arguments: Namespace) -> int:
    async def do(queue: Queue) -> int:
        if arguments.name is not None or arguments.clear:
            await queue.set_policy(arguments.name, known=not arguments.force)
        print(printable(await queue.policy() or "none: each worker follows its own"))
        return 0

    return with_queue(arguments, do)


def print_json(value: object) -> None:
    """Print `value` as JSON that this terminal can show."""
    print(printable_json(value, sys.stdout.encoding))
