"""`jobqueue doctor`: can this machine carry the course? Green lines, or what to do. It needs no network."""

import asyncio
import os
import platform
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
from jobqueue.lab.library import sources
from jobqueue.lab.world import World
from jobqueue.sandbox import PREFIX, Sandbox, find_server

#: Bytes that must be free where servers, sockets and logs are kept: a lesson needs a tenth of it.
ROOM = 200_000_000

#: The longest path a unix socket may have: 104 characters on macOS, a few more on Linux.
LONGEST_PATH = 104

#: The longest name under a sandbox's folder; those of the workers' own networks are shorter than this.
LONGEST_NAME = "lab-xxxxxxxx/a-long-name.sock"

#: Jobs of the rehearsal, of 0.3 s each.
JOBS = 8

#: Seconds after which the rehearsal is given up; it takes about three.
PATIENCE = 60.0


class Finding(msgspec.Struct, frozen=True):
    """One line. `todo` is what to do about it; without `ok` nothing is wrong, but something is not there."""

    told: str
    ok: bool | None = True
    todo: str = ""


def doctor() -> int:
    """Look at everything, a line each as soon as it is known. Returns 0, or 1 if something must be done."""
    console = Console(highlight=False, soft_wrap=True)
    marks = {True: "[green]✓", False: "[red]✗", None: "[yellow]–"}
    findings = []
    for finding in _all():
        findings.append(finding)
        console.print(f"{marks[finding.ok]} ", end="")
        console.print(finding.told, markup=False, style="green" if finding.ok else "")
        if finding.todo:
            console.print(f"  → {finding.todo}", markup=False, style="bold")
    failed = sum(finding.ok is False for finding in findings)
    console.print(f"\n{failed} of {len(findings)} need something done" if failed else "\nAll is well.", style="bold")
    return 1 if failed else 0


def _all() -> Iterator[Finding]:
    for look in (python, disk, socket_path, loopback, course):
        yield _answer(look)
    found = _answer(server)
    yield found
    yield _answer(rehearsal) if found.ok else Finding("kill -9: not tried, for want of a server", None)


def _answer(look: Callable[[], Finding]) -> Finding:
    """What a check finds; whatever this machine does to it, the others go on."""
    try:
        return look()
    except JobQueueError as error:  # it says what to do by itself
        return Finding(f"{look.__name__}: {error}", False)
    except Exception as error:
        if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):
            todo = "point TMPDIR at a folder that can be written to"
            return Finding(f"{look.__name__}: {error.strerror}", False, todo)
        return Finding(f"{look.__name__}: {type(error).__name__}: {error}", False, "a bug? please report it")


def python() -> Finding:
    """The interpreter that runs this, which is also the one that workers and kernels get."""
    told = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding(told, sys.version_info >= (3, 11), "" if sys.version_info >= (3, 11) else "install Python 3.11")


def disk() -> Finding:
    """Room for servers, sockets and logs."""
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    todo = "" if free >= ROOM else f"make room, or point TMPDIR at a folder with {ROOM // 1_000_000} MB"
    return Finding(f"disk: {free / 1e9:.1f} GB free in {folder}", free >= ROOM, todo)


def socket_path() -> Finding:
    """Servers and workers listen on unix sockets in the folder for temporary files: its own path must be short."""
    length = len(os.fsencode(Path(tempfile.gettempdir(), PREFIX + LONGEST_NAME)))
    told = f"socket path: {length} of at most {LONGEST_PATH} characters"
    return Finding(told, length < LONGEST_PATH, "" if length < LONGEST_PATH else "point TMPDIR at /tmp")


def loopback() -> Finding:
    """The one thing that needs a port: JupyterLab and its kernels, on this machine alone."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            socket.create_connection(listening.getsockname(), timeout=5).close()
    except OSError as error:
        told = f"loopback: nothing can be reached at 127.0.0.1 ({error})"
        return Finding(told, False, "JupyterLab needs it: ask your firewall, or your VPN")
    return Finding("loopback: JupyterLab will find a free port; the queue needs none, and no network")


def course() -> Finding:
    """Whether the packages that JupyterLab and the lessons need are here, and new enough."""
    try:
        metadata.version("jupyterlab")
    except metadata.PackageNotFoundError:
        told = "JupyterLab is not installed: `jobqueue demo` works, the course needs it"
        return Finding(told, None, "pip install 'jobqueue-kit[lab]', in a checkout pip install -e '.[lab]'")
    wrong = [f"{line}, but here is {found or 'none'}" for line, found in _outdated()]
    if wrong:
        return Finding(f"the course needs {'; '.join(wrong)}", False, "pip install --upgrade 'jobqueue-kit[lab]'")
    told = ", ".join(f"{name} {metadata.version(name)}" for name in ("jupyterlab", "ipykernel", "ipywidgets"))
    return Finding(f"course: {told}; any browser will do")


def _outdated() -> Iterator[tuple[str, str]]:
    """(what the extra `lab` asks for, the version that is here instead)."""
    from packaging.requirements import Requirement  # comes with JupyterLab

    for line in metadata.requires("jobqueue-kit") or ():
        asked = Requirement(line)
        if asked.marker and asked.marker.evaluate({"extra": "lab"}) and not asked.marker.evaluate({"extra": ""}):
            try:
                found = metadata.version(asked.name)
            except metadata.PackageNotFoundError:
                found = ""
            if not found or not asked.specifier.contains(found, prereleases=True):
                yield f"{asked.name}{asked.specifier}", found


def server() -> Finding:
    """A server that can be started and answers: which, and of what version."""
    sandbox = Sandbox()
    try:
        with redis.Redis.from_url(sandbox.start()) as client:
            info = client.info("server")
    finally:
        sandbox.stop()
    name, version = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", info["redis_version"])
    where = "given by JOBQUEUE_REDIS_URL" if sandbox.external else find_server()
    return Finding(f"server: {name} {version}, {where}")


def rehearsal() -> Finding:
    """Two real workers, one kill -9, and the recovery: what the first lesson does, in small."""
    began = time.monotonic()
    done, reaped, right = asyncio.run(_kill_and_recover())
    told = f"kill -9: {done} jobs done, {reaped} of them brought back, in {time.monotonic() - began:.1f} s"
    return Finding(told, right, "" if right else "this is a bug in the kit, or in this server: report it")


async def _kill_and_recover() -> tuple[int, int, bool]:
    """Returns how many jobs were done, how many had lost their worker, and whether all is as it should be."""
    async with asyncio.timeout(PATIENCE), World(lease=1.0) as world:
        for source in sources()[:JOBS]:
            payload = {"source": source, "pace": 0.3}
            world.jobs[await world.queue.enqueue("measure", payload)] = source
        world.hire(2, concurrency=2)
        await world.until(lambda frame: any(worker["running"] for worker in frame["workers"]))
        world.kill()  # one that holds jobs; the other may not even have begun
        await world.until_done()
        account, reaped = await world.account(), (await world.queue.snapshot()).reaped
    return account.done, reaped, account.ok and reaped > 0
