"""The notebook's side: hand a scenario to a warm child process, pass on the news, and never hang."""

import asyncio
import atexit
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import cloudpickle

from jobqueue.errors import BadSetting
from jobqueue.lab import pickles
from jobqueue.lab.explorer.messages import STOP, Progress, pack_message, split_message
from jobqueue.lab.explorer.record import Choice
from jobqueue.lab.explorer.replay import Position, Schedule
from jobqueue.lab.explorer.report import VIOLATED, Problem, Report
from jobqueue.lab.explorer.scenario import Bounds, Scenario
from jobqueue.leash import Leashed

#: Seconds of silence after which a child is killed. It reports ten times a second, and deals with a program that
#: computes or blocks for ever within seconds by itself; only what cannot be interrupted at all gets this far.
SILENCE = 10.0
START = 30.0  # the same for its first word: a cold disk may be slow

_idle: list["Child"] = []


class Killed(Exception):
    """The child had to be killed: a program holds it in something that cannot be interrupted."""


async def explore(
    scenario: Scenario,
    *,
    seconds: float | None = None,
    schedules: int | None = None,
    steps: int = 100,
    recognise: bool = True,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Report:
    """Run every schedule of `scenario` within its faults, and report what is wrong in them.

    Args:
        seconds, schedules, steps: bounds, see `Bounds`. Without `seconds` and `schedules` the search is exhaustive.
        recognise: explore equal states once. Makes no difference to any number but `states`, `runs` and `seconds`.
        on_progress: called at once, and then about ten times a second.

    Interrupted or cancelled, it returns what is known by then (`report.bound == "interrupted"`). Raises RuntimeError
    if the scenario's own setup fails.
    """
    last = Progress()
    on_progress(last)

    def note(progress: Progress) -> None:
        nonlocal last
        last = progress
        on_progress(progress)

    options = {"bounds": Bounds(schedules, seconds, steps), "recognise": recognise}
    try:
        return await _ask("explore", scenario, options, note)
    except Killed:
        words = "a program computes for ever, in something that cannot be interrupted: its process had to be killed"
        problem = Problem("spins", words, None, (), 1, None)
        return Report(scenario.title, VIOLATED, "killed", (problem,), 0, 0, last.states, last.runs, last.seconds)


async def replay(scenario: Scenario, schedule: Schedule | list[Choice]) -> Schedule:
    """Run one schedule again, and return it with a Frame for each step. A list of choices may stop half-way: then
    nobody finishes, and the invariants are not asked.

    Raises ValueError if the programs have changed and the schedule is no longer possible.
    """
    return (await position(scenario, schedule)).schedule


async def position(scenario: Scenario, schedule: Schedule | list[Choice]) -> Position:
    """The same, and what can be decided next."""
    choices = schedule.choices if isinstance(schedule, Schedule) else tuple(schedule)
    options = {"choices": choices, "anywhere": isinstance(schedule, Schedule)}
    return await _ask("replay", scenario, options, lambda progress: None)


class Child:
    """A warm process that explores; see child.py."""

    def __init__(self):
        self.channel, theirs = socket.socketpair()
        self.channel.setblocking(False)
        self.buffer = bytearray()
        quiet = None if os.environ.get("JOBQUEUE_EXPLORER_DEBUG") else subprocess.DEVNULL
        with theirs:
            self.process = Leashed(
                [sys.executable, "-m", "jobqueue.lab.explorer.child", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdout=quiet,  # what programs print a thousand times
                stderr=quiet,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "0"},
            )

    async def receive(self, patience: float):
        """The next message. Raises Killed after `patience` seconds of silence, or if the process is gone."""
        loop = asyncio.get_running_loop()
        waited = 0.0
        while (message := split_message(self.buffer)) is None:
            try:  # in short turns: Jupyter delivers an interrupt only to a loop that turns
                chunk = await asyncio.wait_for(loop.sock_recv(self.channel, 1 << 20), 0.1)
            except TimeoutError:
                waited += 0.1
                if waited > patience:
                    raise Killed from None
                continue
            if not chunk:
                raise Killed
            self.buffer += chunk
            waited = 0.0
        return message

    async def send(self, message) -> None:
        await asyncio.get_running_loop().sock_sendall(self.channel, pack_message(message))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.channel.close()


async def _ask(kind: str, scenario: Scenario, options: dict, on_progress):
    request = {"kind": kind, "payload": _pickle((scenario, options)), "path": sys.path, "folder": os.getcwd()}
    child, usable = _idle.pop() if _idle else None, False
    try:
        if child is None:
            child = Child()
            await child.receive(START)
        await child.send(request)
        answer = await _listen(child, on_progress)
        usable = True
        return answer
    except (RuntimeError, ValueError):
        usable = True
        raise
    finally:
        if usable:
            _idle.append(child)
        elif child:
            child.kill()


async def _listen(child: Child, on_progress):
    stopping = False
    while True:
        try:
            kind, content = await child.receive(SILENCE)
        except asyncio.CancelledError:
            if stopping:  # impatient: the second interrupt is for good
                raise
            stopping = True
            await child.send(STOP)
            continue
        if kind == "progress":
            on_progress(content)
        elif kind == "done":
            return content
        elif kind == "failed":
            raise content


def _pickle(value) -> bytes:
    """By value, if it comes from a notebook or a file that may be edited meanwhile: a warm child knows old code."""
    from_files = [module for module in list(sys.modules.values()) if _may_change(module)]
    for module in from_files:
        cloudpickle.register_pickle_by_value(module)
    try:
        return pickles.dumps(value)
    except Exception as error:  # whatever somebody's __reduce__ raises
        raise BadSetting(
            f"it cannot be sent to the explorer's process: {error}. "
            "Does a function use this notebook's redis or world? It has those it is given, and what it makes itself"
        ) from None
    finally:
        for module in from_files:
            cloudpickle.unregister_pickle_by_value(module)


def _may_change(module) -> bool:
    file = getattr(module, "__file__", None) or ""
    name = getattr(module, "__name__", "")
    installed = file.startswith((sys.prefix, sys.base_prefix)) or "site-packages" in file
    return bool(file) and not installed and name != "__main__" and name.partition(".")[0] != "jobqueue"


@atexit.register
def close() -> None:
    """End the warm children. They would die with this process anyway; this is for those who count processes."""
    while _idle:
        with contextlib.suppress(OSError):
            _idle.pop().kill()
