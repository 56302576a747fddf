"""`jobqueue doctor`: can this machine run the course? Green lines, or advice. It needs no network."""

import asyncio
import os
import platform
import resource
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import msgspec
import redis
from rich.console import Console

from jobqueue.errors import JobQueueError
from jobqueue.lab.course.library import sources
from jobqueue.lab.world import World
from jobqueue.printable import printable
from jobqueue.sandbox import PREFIX, Sandbox
from jobqueue.server.binary import find_server

#: Bytes that must be free in the folder for servers, sockets and logs. A lesson needs a tenth of it.
ROOM = 200_000_000

#: Files that one process must be able to open at once: each of many workers has two connections in the proxy.
FILES = 1024

#: The longest path a unix socket may have: 104 characters on macOS, a few more on Linux.
LONGEST_PATH = 104

#: The longest name under a sandbox's folder; those of the workers' own networks are shorter than this.
LONGEST_NAME = "lab-xxxxxxxx/a-long-name.sock"

#: Jobs of the rehearsal, of 0.3 s each.
JOBS = 8

#: Seconds after which the rehearsal is given up; it takes about three.
PATIENCE = 60.0


class Checkup(msgspec.Struct, frozen=True):
    """The result of one check. `todo` is advice. If `ok` is None, nothing is wrong, but something is missing."""

    line: str
    ok: bool | None = True
    todo: str = ""


def doctor() -> int:
    """Check everything, and print each result as soon as it's there. Returns 0, or 1 if something must be done."""
    console = Console(highlight=False, soft_wrap=True)
    marks = {True: "[green]✓", False: "[red]✗", None: "[yellow]–"}
    checkups = []
    for checkup in _all():
        checkups.append(checkup)
        console.print(f"{marks[checkup.ok]} ", end="")
        console.print(printable(checkup.line), markup=False, style="green" if checkup.ok else "")
        if checkup.todo:
            console.print(f"  → {printable(checkup.todo)}", markup=False, style="bold")
    failed = sum(checkup.ok is False for checkup in checkups)
    console.print(f"\n{failed} of {len(checkups)} need something done" if failed else "\nAll is well.", style="bold")
    return 1 if failed else 0


def _all() -> Iterator[Checkup]:
    for check in (python, disk, files, socket_path, loopback, course):
        yield _run(check)
    reached = _run(server)
    yield reached
    yield _run(rehearsal) if reached.ok else Checkup("kill -9: not tried, because there is no server", None)


def _run(check: Callable[[], Checkup]) -> Checkup:
    """Run one check. Whatever goes wrong in it, the others go on."""
    try:
        return check()
    except JobQueueError as error:  # it says what to do by itself
        return Checkup(f"{check.__name__}: {error}", False)
    except (TimeoutError, redis.ConnectionError, redis.TimeoutError) as error:
        line = f"{check.__name__}: no answer within the time ({type(error).__name__})"
        return Checkup(line, False, "see that the server runs and the machine isn't busy, then try again")
    except Exception as error:
        if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):
            todo = "point TMPDIR at a folder that can be written to"
            return Checkup(f"{check.__name__}: {error.strerror}", False, todo)
        return Checkup(f"{check.__name__}: {type(error).__name__}: {error}", False, "a bug? please report it")


def python() -> Checkup:
    """The interpreter that runs this, which workers and kernels get too."""
    line = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Checkup(line, sys.version_info >= (3, 11), "" if sys.version_info >= (3, 11) else "install Python 3.11")


def disk() -> Checkup:
    """Room for servers, sockets and logs."""
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    todo = "" if free >= ROOM else f"make room, or point TMPDIR at a folder with {ROOM // 1_000_000} MB"
    return Checkup(f"disk: {free / 1e9:.1f} GB free in {folder}", free >= ROOM, todo)


def files() -> Checkup:
    """File descriptors. The server and the workers' network raise their own soft limits, as far as the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else hard
    if most < FILES:
        line = f"files: a process may open {hard} at once, and some lessons need {FILES}"
        todo = f"type `ulimit -n {FILES}` and start again from that shell. If it refuses, ask your administrator"
        return Checkup(line, False, todo)
    return Checkup(f"files: a process may open {max(soft, FILES)} at once")


def socket_path() -> Checkup:
    """The path of the folder for temporary files, which must be short, because sockets are in it."""
    length = len(os.fsencode(Path(tempfile.gettempdir(), PREFIX + LONGEST_NAME)))
    line = f"socket path: {length} of at most {LONGEST_PATH} characters"
    return Checkup(line, length < LONGEST_PATH, "" if length < LONGEST_PATH else "point TMPDIR at /tmp")


def loopback() -> Checkup:
    """A port of this machine, which only JupyterLab and its kernels need."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            socket.create_connection(listening.getsockname(), timeout=5).close()
    except OSError as error:
        line = f"loopback: nothing can be reached at 127.0.0.1 ({error})"
        return Checkup(line, False, "JupyterLab needs it: ask your firewall, or your VPN")
    return Checkup("loopback: JupyterLab will find a free port; the queue needs none, and no network")


def course() -> Checkup:
    """The packages that JupyterLab and the lessons need: here, and new enough?"""
    try:
        metadata.version("jupyterlab")
    except metadata.PackageNotFoundError:
        line = "JupyterLab is not installed: `jobqueue demo` works, the course needs it"
        return Checkup(line, None, "pip install 'jobqueue-kit[lab]', in a checkout pip install -e '.[lab]'")
    wrong = [f"{requirement}, but here is {version or 'none'}" for requirement, version in _outdated()]
    if wrong:
        return Checkup(f"the course needs {'; '.join(wrong)}", False, "pip install --upgrade 'jobqueue-kit[lab]'")
    line = ", ".join(f"{name} {metadata.version(name)}" for name in ("jupyterlab", "ipykernel", "ipywidgets"))
    return Checkup(f"course: {line}; any browser will do")


def _outdated() -> Iterator[tuple[str, str]]:
    """(a requirement of the extra `lab`, the version that is here instead)."""
    from packaging.requirements import Requirement  # comes with JupyterLab

    for line in metadata.requires("jobqueue-kit") or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker and marker.evaluate({"extra": "lab"}) and not marker.evaluate({"extra": ""}):
            try:
                version = metadata.version(requirement.name)
            except metadata.PackageNotFoundError:
                version = ""
            if not version or not requirement.specifier.contains(version, prereleases=True):
                yield f"{requirement.name}{requirement.specifier}", version


def server() -> Checkup:
    """A server that starts and answers, with its version."""
    sandbox = Sandbox()
    try:
        with redis.Redis.from_url(sandbox.start()) as client:
            info = client.info("server")
    finally:
        sandbox.stop()
    name, version = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", info["redis_version"])
    where = "given by JOBQUEUE_REDIS_URL" if sandbox.external else find_server()
    return Checkup(f"server: {name} {version}, {where}")


def rehearsal() -> Checkup:
    """Two real workers, one kill -9, and the recovery: a small version of the first lesson."""
    began = time.monotonic()
    done, reaped, right = asyncio.run(_kill_and_recover())
    line = f"kill -9: {done} jobs done, {reaped} of them brought back, in {time.monotonic() - began:.1f} s"
    return Checkup(line, right, "" if right else "this is a bug in the kit, or in this server: report it")


async def _kill_and_recover() -> tuple[int, int, bool]:
    """Kill one of two workers. Returns how many jobs were done, how many had lost their worker, and if all is right."""
    async with asyncio.timeout(PATIENCE), World(lease=1.0) as world:
        for source in sources()[:JOBS]:
            payload = {"source": source, "pace": 0.3}
            world.jobs[await world.queue.enqueue("measure", payload)] = source
        world.hire(2, concurrency=2)
        await world.until(lambda frame: any(worker.running for worker in frame.workers))
        world.kill()  # one that holds jobs, as the other may not even have begun
        await world.until_done()
        account, reaped = await world.account(), (await world.queue.snapshot()).reaped
    return account.done, reaped, account.ok and reaped > 0
