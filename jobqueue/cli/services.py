"""The commands of the lab: demo, doctor, reset, votes, grade, site, workshop, interrogate; and worker."""

import asyncio
import contextlib
import importlib
import json
import logging
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from jobqueue.cli.commands import Refused, given, needing, with_queue
from jobqueue.cli.processes import ProcessGroup
from jobqueue.cli.serving import measure
from jobqueue.cli.stop import Stop
from jobqueue.cli.streams import prepare_streams
from jobqueue.job import Job
from jobqueue.printable import printable_lines
from jobqueue.queue import Queue
from jobqueue.worker import Worker


def demo(arguments: Namespace) -> int:
    from jobqueue.lab.course.demo import demo

    return asyncio.run(demo(reaper=not arguments.no_reaper))


def doctor(arguments: Namespace) -> int:
    from jobqueue.lab.course.doctor import doctor

    return doctor()


def reset(arguments: Namespace) -> int:
    from jobqueue.lab.course.launch import reset_lesson

    return reset_lesson(arguments.lesson)


def votes(arguments: Namespace) -> int:
    from jobqueue.lab.votes.ballots import votes

    return votes(arguments.files)


def grade(arguments: Namespace) -> int:
    with needing("lab"):
        from jobqueue.lab.grade.grade import grade
    if arguments.jobs is not None and arguments.jobs < 1:
        raise Refused("--jobs takes a number from 1 up")
    return grade(
        arguments.folder, arguments.csv, arguments.nbgrader, arguments.otter, arguments.seconds, arguments.jobs
    )


def site(arguments: Namespace) -> int:
    from jobqueue.lab.site.build import build_site

    return build_site(arguments.folder, arguments.repository, arguments.tab)


def workshop(arguments: Namespace) -> int:
    with needing("workshop"):
        from jobqueue.lab.workshop.serve import run_workshop

    return run_workshop(arguments.votes, arguments.port, arguments.lan, arguments.earlier)


def interrogate(arguments: Namespace) -> int:
    from jobqueue.lab.interrogate.show import interrogate

    return interrogate(arguments)


def worker(arguments: Namespace) -> int:
    _log_to_stderr(arguments.json_logs)
    if arguments.processes > 1:
        return asyncio.run(ProcessGroup(arguments.processes, arguments.name, arguments.metrics).run())
    handlers = _load_handlers(arguments.handlers)

    listening = False

    async def do(queue: Queue) -> int:
        nonlocal listening
        options = {"concurrency": arguments.concurrency, "name": arguments.name, "grace": arguments.grace}
        measured = await measure(queue, handlers, *arguments.metrics) if arguments.metrics else handlers
        stop = Stop(Worker(queue, measured, reap=not arguments.no_reaper, **options))
        stop.listen()
        listening = True
        if arguments.ready_fd is not None:  # the supervisor waits for it (processes.py)
            os.write(arguments.ready_fd, b".")
            os.close(arguments.ready_fd)
        try:
            await stop.worker.run()
        finally:
            stop.end_soon()
        return stop.code

    try:
        return with_queue(arguments, do, **given(arguments, "result_ttl", "max_bytes"))
    except asyncio.CancelledError:  # this code never cancels it
        raise Refused("a handler cancelled the worker") from None
    except (KeyboardInterrupt, SystemExit, RuntimeError) as error:
        # A handler raised it in a task or callback of its own. Ctrl-C belongs to Stop by now, so code 0 would be a lie.
        if not listening or (isinstance(error, RuntimeError) and not str(error).startswith("Event loop stopped")):
            raise
        raise Refused(f"a handler ended the worker: {error!r}") from None
    finally:
        if any(stream is None or stream.closed for stream in (sys.stdout, sys.stderr)):  # by a handler
            prepare_streams()  # for the last flush


def _load_handlers(path: str) -> dict[str, Callable[[Job], Any]]:
    module_name, _, name = path.partition(":")
    if not module_name or not name:
        raise Refused(f"say where the handlers are as module:name, not {path!r}")
    if "/" in module_name or module_name.endswith(".py") or module_name.startswith("."):
        raise Refused(
            f"{module_name!r} isn't the name of a module: for ./mymodule.py say mymodule:{name}, from its folder"
        )
    sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # a module may do anything while it's imported
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
    """The error, and the last line that ran. (A SyntaxError names its own line.)"""
    words = " ".join(str(error).split())
    if isinstance(error, ImportError):
        return words
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = "" if isinstance(error, SyntaxError) else f" ({os.path.basename(last.filename)}, line {last.lineno})"
    return f"{type(error).__name__}: {words}{where}"


def _log_to_stderr(as_json: bool) -> None:
    class Json(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            parts = ("event", "task", "job", "entry", "attempt", "worker", "error")
            line = {"time": record.created, "level": record.levelname.lower(), "message": record.getMessage()}
            line |= {name: getattr(record, name) for name in parts if hasattr(record, name)}
            if record.exc_info:
                line["traceback"] = self.formatException(record.exc_info)
            return json.dumps(line).replace("\x7f", "\\u007f")  # json.dumps escapes all other unprintable ones

    class Lines(logging.Formatter):
        def formatException(self, ei: Any) -> str:
            return printable_lines(
                super().formatException(ei), indent="    "
            )  # so that none of its lines can pass for a log line

    class Stderr(logging.StreamHandler[Any]):
        def handleError(self, record: logging.LogRecord) -> None:
            with contextlib.suppress(Exception):  # a handler may have closed it, but a failing log must fail no job
                super().handleError(record)

    handler = Stderr()
    handler.setFormatter(Json() if as_json else Lines("%(asctime)s %(levelname).1s %(message)s"))
    logging.getLogger("jobqueue").addHandler(handler)
    logging.getLogger("jobqueue").setLevel(logging.INFO)
