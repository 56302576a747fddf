"""The commands of the lab (demo, doctor, votes), and those that run until they are told to stop: worker, serve."""

import asyncio
import errno
import importlib
import json
import logging
import os
import signal
import socket
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from jobqueue.commands import Refused, with_queue
from jobqueue.job import Job
from jobqueue.queue import Queue
from jobqueue.worker import Worker

#: Seconds that requests under way are given to end when the front is told to stop.
LAST_ANSWERS = 10


def demo(arguments: Namespace) -> int:
    from jobqueue.lab.demo import demo

    return asyncio.run(demo(reaper=not arguments.no_reaper))


def doctor(arguments: Namespace) -> int:
    from jobqueue.lab.doctor import doctor

    return doctor()


def votes(arguments: Namespace) -> int:
    from jobqueue.lab.ballots import votes

    return votes(arguments.files)


def interrogate(arguments: Namespace) -> int:
    from jobqueue.lab.interrogate.show import interrogate

    return interrogate(arguments)


def worker(arguments: Namespace) -> int:
    _log_to_stderr(arguments.json_logs)
    handlers = _load_handlers(arguments.handlers)

    async def do(queue: Queue) -> int:
        options = {"concurrency": arguments.concurrency, "name": arguments.name, "grace": arguments.grace}
        worker = Worker(queue, handlers, reap=not arguments.no_reaper, **options)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, worker.drain)
        await worker.run()
        return 0

    code = with_queue(arguments, do)
    # A thread cannot be stopped: Python would wait for one that hangs in a handler, whose job is handed back already.
    sys.stderr.flush()
    os._exit(code)


def serve(arguments: Namespace) -> int:
    try:
        import uvicorn

        from jobqueue.http import create_app
    except ModuleNotFoundError as missing:
        raise Refused(f"it needs {missing.name}: pip install 'jobqueue-kit[http]'") from None

    async def do(queue: Queue) -> int:
        with _listen(arguments.host, arguments.port) as listening:
            options: dict[str, Any] = {"log_level": "warning", "access_log": False, "lifespan": "off"}  # it is open now
            app = uvicorn.Config(create_app(queue), timeout_graceful_shutdown=LAST_ANSWERS, **options)
            server = uvicorn.Server(app)
            # Having drained, uvicorn raises the signal anew, to die of it; but that was a clean end, and exit code 0.
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, lambda: None)
            host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
            print(f"http://{host}:{listening.getsockname()[1]} for the queue {queue.keys.name}", flush=True)
            await server.serve(sockets=[listening])
        return 0

    return with_queue(arguments, do, capacity=arguments.capacity)


def _listen(host: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        hint = "; --port 0 takes one that is free" if getattr(error, "errno", None) == errno.EADDRINUSE else ""
        raise Refused(f"cannot listen at {host}, port {port}: {error}{hint}") from None
    # Inherited by each connection. An answer is two writes, and without it the second waits for the client's delayed
    # acknowledgement of the first: 40 ms. (asyncio sets it on the sockets it makes, but this one is ours.)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _load_handlers(path: str) -> dict[str, Callable[[Job], Any]]:
    module_name, _, name = path.partition(":")
    if not module_name or not name:
        raise Refused(f"say where the handlers are as module:name, not {path!r}")
    if "/" in module_name or module_name.endswith(".py") or module_name.startswith("."):
        raise Refused(f"{module_name!r} is no module's name: for ./mymodule.py say mymodule:{name}, from its folder")
    sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever a module may do while it is imported
        raise Refused(f"cannot import {module_name!r}: {_in_one_line(error)}") from None
    except SystemExit as ended:
        raise Refused(f"cannot import {module_name!r}: it calls sys.exit({ended.code!r})") from None
    if not hasattr(module, name):
        raise Refused(f"there is no {name!r} in {module.__file__}")
    handlers = getattr(module, name)
    if not isinstance(handlers, dict) or not handlers or not all(callable(handler) for handler in handlers.values()):
        raise Refused(f"{path} is not a dict of handlers, such as {{'resize': resize}}")
    return handlers


def _in_one_line(error: Exception) -> str:
    """What went wrong, and where: the last line that ran, but for a SyntaxError, which names its own."""
    words = " ".join(str(error).split())
    if isinstance(error, ImportError):
        return words
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = "" if isinstance(error, SyntaxError) else f" ({os.path.basename(last.filename)}, line {last.lineno})"
    return f"{type(error).__name__}: {words}{where}"


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
