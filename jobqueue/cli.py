"""`jobqueue`, the command: see the demo, open the course, run a worker, enqueue a job, look at a queue."""

import argparse
import asyncio
import importlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from redis.exceptions import AuthenticationError, ConnectionError, RedisError, TimeoutError

from jobqueue.errors import JobQueueError
from jobqueue.keys import TIERS
from jobqueue.queue import Queue
from jobqueue.worker import Worker

DEFAULT_URL = "redis://localhost:6379"


class Refused(Exception):
    """The command cannot be carried out as it was given; `args[0]` is the one line that says why."""


def main(argv: list[str] | None = None) -> int:
    """Run one command. Returns 0; 1 if it ran and the answer is no; 2 if it could not be carried out."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except (Refused, JobQueueError) as error:
        reason = str(error)
    except (ConnectionError, TimeoutError, AuthenticationError) as error:
        reason = f"no answer from Redis at {arguments.url}: {error}"
    except RedisError as error:
        reason = f"Redis at {arguments.url} refused: {error}"
    except KeyboardInterrupt:
        return 130
    print(f"jobqueue {arguments.command}: {reason}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jobqueue", description=__doc__.split(": ", 1)[1])
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    demo = commands.add_parser("demo", help="about 20 seconds: real workers, one kill -9, and the recovery")
    demo.add_argument("--no-reaper", action="store_true", help="without a reaper: see that the orphans stay")
    demo.set_defaults(run=_demo)

    lab = commands.add_parser("lab", help="open the course in JupyterLab (further options go to JupyterLab)")
    lab.set_defaults(run=None)

    worker = commands.add_parser("worker", help="run the jobs of a queue, until SIGTERM or Ctrl-C drains it")
    worker.add_argument("handlers", metavar="module:name", help="a dict of handlers, a task's name each")
    worker.add_argument("--concurrency", type=int, default=16, metavar="N", help="jobs held at once (16)")
    worker.add_argument("--grace", type=float, default=10.0, metavar="S", help="seconds a drain waits (10)")
    worker.add_argument("--name", help="the consumer's name; unique in the queue (host, pid and a nonce)")
    worker.add_argument("--no-reaper", action="store_true", help="run no reaper beside it")
    worker.add_argument("--json-logs", action="store_true", help="one JSON object a line")
    worker.set_defaults(run=_worker)

    enqueue = commands.add_parser("enqueue", help="enqueue a job; prints its id")
    enqueue.add_argument("task", help="the name of its handler")
    enqueue.add_argument("payload", nargs="?", default="null", help="JSON (null); - reads it from standard input")
    enqueue.add_argument("--priority", choices=TIERS, default="normal")
    enqueue.add_argument("--id", help="your own name for the job: a second call adds nothing")
    enqueue.add_argument("--max-attempts", type=int, default=3, metavar="N", help="attempts before it is dead (3)")
    enqueue.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds one attempt may take (60)")
    enqueue.set_defaults(run=_enqueue)

    status = commands.add_parser("status", help="the queue at this instant, or what became of one job")
    status.add_argument("job_id", nargs="?")
    status.set_defaults(run=_status)

    for command in (worker, enqueue, status):
        url = os.environ.get("JOBQUEUE_REDIS_URL", DEFAULT_URL)
        command.add_argument("--url", default=url, help=f"redis://, rediss:// or unix:// (JOBQUEUE_REDIS_URL; {url})")
        command.add_argument("--queue", default="jobs", metavar="NAME", help="the queue's name (jobs)")
    return parser


def _with_queue(arguments, do: Callable[[Queue], Coroutine[Any, Any, int]]) -> int:
    async def opened() -> int:
        try:
            queue = Queue(arguments.url, arguments.queue)
        except ValueError as error:  # redis-py's, for a url it cannot read
            raise Refused(f"--url {arguments.url}: {error}") from None
        async with queue:
            return await do(queue)

    return asyncio.run(opened())


def _demo(arguments) -> int:
    from jobqueue.lab.demo import demo

    return asyncio.run(demo(reaper=not arguments.no_reaper))


def _enqueue(arguments) -> int:
    try:
        payload = json.loads(sys.stdin.read() if arguments.payload == "-" else arguments.payload)
    except ValueError as error:
        raise Refused(f"the payload is not JSON: {error}") from None

    async def do(queue: Queue) -> int:
        options = {"priority": arguments.priority, "job_id": arguments.id}
        options |= {"max_attempts": arguments.max_attempts, "timeout": arguments.timeout}
        print(await queue.enqueue(arguments.task, payload, **options))
        return 0

    return _with_queue(arguments, do)


def _status(arguments) -> int:
    async def one(queue: Queue) -> int:
        status = await queue.job(arguments.job_id)
        if status is None:
            raise Refused(f"no job {arguments.job_id} is known in the queue {arguments.queue}")
        print(msgspec.json.format(msgspec.json.encode(status)).decode())
        return 0

    async def whole(queue: Queue) -> int:
        now = await queue.snapshot()
        print(f"{'':8}{'waiting':>9}{'pending':>9}{'delayed':>9}{'oldest':>10}")
        for tier, counts in now.tiers.items():
            oldest = f"{counts.oldest:.1f} s" if counts.oldest is not None else "–"
            print(f"{tier:8}{counts.waiting:>9}{counts.pending:>9}{counts.delayed:>9}{oldest:>10}")
        totals = ("accepted", "done", "dead", "retried", "reaped")
        print(" · ".join(f"{name} {getattr(now, name)}" for name in totals), f"· lease {await queue.lease():g} s")
        return 0

    return _with_queue(arguments, one if arguments.job_id else whole)


def _worker(arguments) -> int:
    _log_to_stderr(arguments.json_logs)
    handlers = _load_handlers(arguments.handlers)

    async def do(queue: Queue) -> int:
        options = {"concurrency": arguments.concurrency, "name": arguments.name, "grace": arguments.grace}
        worker = Worker(queue, handlers, reap=not arguments.no_reaper, **options)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, worker.drain)
        await worker.run()
        return 0

    code = _with_queue(arguments, do)
    # A thread cannot be stopped: Python would wait for one that hangs in a handler, whose job is handed back already.
    sys.stderr.flush()
    os._exit(code)


def _load_handlers(path: str) -> dict[str, Callable]:
    module_name, _, name = path.partition(":")
    if not module_name or not name:
        raise Refused(f"say where the handlers are as module:name, not {path!r}")
    sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise Refused(f"cannot import {module_name!r}: {error}") from None
    handlers = getattr(module, name, None)
    if not isinstance(handlers, dict) or not all(callable(handler) for handler in handlers.values()):
        raise Refused(f"{path} is not a dict of handlers, such as {{'resize': resize}}")
    return handlers


def _log_to_stderr(as_json: bool) -> None:
    class Lines(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            parts = ("event", "task", "job", "entry", "attempt", "worker", "error")
            line = {"time": record.created, "level": record.levelname.lower(), "message": record.getMessage()}
            line |= {name: getattr(record, name) for name in parts if hasattr(record, name)}
            if record.exc_info:
                line["traceback"] = self.formatException(record.exc_info)
            return json.dumps(line)

    handler = logging.StreamHandler()
    handler.setFormatter(Lines() if as_json else logging.Formatter("%(asctime)s %(levelname).1s %(message)s"))
    logging.getLogger("jobqueue").addHandler(handler)
    logging.getLogger("jobqueue").setLevel(logging.INFO)


def run() -> None:
    """The console script. `lab` hands what follows to JupyterLab, so it is looked for before anything is parsed."""
    if sys.argv[1:2] == ["lab"] and not {"-h", "--help"} & set(sys.argv[2:]):
        from jobqueue.lab.launch import launch

        sys.exit(launch(extra_args=sys.argv[2:]))
    sys.exit(main())


if __name__ == "__main__":
    run()
