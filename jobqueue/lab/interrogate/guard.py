"""Processes by their session, and the guard that kills those whose harness is gone, however it ended.

It uses only Python's standard library, because it's run by its path, as a small process next to the harness.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

#: The variable in a process's environment by which we know it even in a session of its own, as daemons have.
MARK = "ASK_PACK"

#: Seconds to wait at most until a killed process is gone: it may hang in the system, or on a busy machine.
DYING = 5.0


def living(session: int, mark: str = "") -> set[int]:
    """The pids of all processes of a session, with its leader's, but without those that have ended.

    With `mark`, and on Linux, it has also those with that mark in their environment, whatever their session.
    """
    if sys.platform == "linux":  # a slim container has no ps
        pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    else:
        pids = list(map(int, subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True).stdout.split()))
    alive = set()
    for pid in pids:
        with contextlib.suppress(OSError):  # it has just ended
            if (os.getsid(pid) == session or (mark and _has(mark, pid))) and not _is_zombie(pid):
                alive.add(pid)
    return alive


def _has(mark: str, pid: int) -> bool:
    path = Path(f"/proc/{pid}/environ")
    return sys.platform == "linux" and f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0")


def _is_zombie(pid: int) -> bool:
    """Has it ended, without any process waiting for it yet?"""
    if sys.platform != "linux":
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def kill_session(session: int, mark: str = "") -> None:
    """kill -9 for all of it. They are stopped first, so that none can see another die and react to that."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        signalled: set[int] = set()
        while fresh := living(session, mark) - signalled:
            for pid in fresh:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            signalled |= fresh
    deadline = time.monotonic() + DYING
    while living(session, mark) and time.monotonic() < deadline:
        time.sleep(0.005)


def main() -> None:
    """Read "+session mark" and "-session mark" from stdin until its other end is closed. Then kill those left."""
    left: set[tuple[str, ...]] = set()
    for line in sys.stdin:
        (left.add if line[0] == "+" else left.discard)(tuple(line[1:].split()))
    for session, mark in left:
        kill_session(int(session), mark)


if __name__ == "__main__":
    main()
