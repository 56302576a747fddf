"""Waiting for what is true in the end, instead of sleeping and hoping; and processes to kill."""

import asyncio
import contextlib
import inspect
import json
import random
import socket
import subprocess
import sys
import textwrap
import time

import psutil

PAUSE = 0.01


def eventually(predicate, timeout=60.0):
    """Call `predicate` until what it returns is true, and return that; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (found := predicate()):
        assert time.monotonic() < deadline, f"still {found!r} after {timeout} s"
        time.sleep(PAUSE)
    return found


async def eventually_async(predicate, timeout=60.0):
    """The same for a `predicate` that may be async, letting the event loop run in between."""
    deadline = time.monotonic() + timeout
    while not (found := await _value(predicate())):
        assert time.monotonic() < deadline, f"still {found!r} after {timeout} s"
        await asyncio.sleep(PAUSE)
    return found


async def _value(result):
    return await result if inspect.isawaitable(result) else result


def free_port(count=1):
    """The first of so many free ports in a row, among those that the system gives to no connection by itself.

    A program that asks another kind of port again and again whether a server is there yet may be connected to itself,
    and so take the port from the server.
    """
    while True:
        port = random.randrange(20_000, 32_000)  # below those that Linux and macOS give to connections
        with contextlib.suppress(OSError):
            for each in range(port, port + count):
                socket.create_server(("127.0.0.1", each)).close()
            return port


def running(pid):
    """Is there such a process, and does it still run? (One whose parent has yet to hear of its end does not.)"""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


@contextlib.contextmanager
def python(source, *args, **options):
    """Run `source` with `args` in a Python process, killed at the end. `.json()` reads one line that it printed."""
    command = [sys.executable, "-c", textwrap.dedent(source), *args]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options) as process:
        process.json = lambda: json.loads(process.stdout.readline())
        try:
            yield process
        finally:
            process.kill()
