"""Processes by their session, and the guard that kills those whose harness is gone, however it went.

Python's standard library only: it is run by its path, as a small process beside the harness.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

#: The variable of its environment by which a process is known that has left for a session of its own, as daemons do.
MARK = "ASK_PACK"

#: Seconds that are waited at most until who was killed is gone: it may hang in the system, or on a busy machine.
DYING = 5.0


def living(session: int, mark: str = "") -> set[int]:
    """The pids of all processes of a session, its leader's own among them; those that have ended are left out.

    With `mark`, and on Linux, also of those that have it in their environment, whatever their session.
    """
    if sys.platform == "linux":  # a slim container has no ps
        pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    else:
        pids = map(int, subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True).stdout.split())
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):  # it has just ended
            if (os.getsid(pid) == session or (mark and _has(mark, pid))) and not _is_zombie(pid):
                found.add(pid)
    return found


def _has(mark: str, pid: int) -> bool:
    path = Path(f"/proc/{pid}/environ")
    return sys.platform == "linux" and f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0")


def _is_zombie(pid: int) -> bool:
    """Has it ended, and nobody has waited for it yet?"""
    if sys.platform != "linux":
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def kill_session(session: int, mark: str = "") -> None:
    """kill -9 for all of it. They are stopped first: none may see another die, and say so to anyone."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        told: set[int] = set()
        while fresh := living(session, mark) - told:
            for pid in fresh:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            told |= fresh
    deadline = time.monotonic() + DYING
    while living(session, mark) and time.monotonic() < deadline:
        time.sleep(0.005)


def main() -> None:
    """Read "+session mark" and "-session mark" from stdin until its other end is closed; then kill those left."""
    left: set[tuple[str, ...]] = set()
    for line in sys.stdin:
        (left.add if line[0] == "+" else left.discard)(tuple(line[1:].split()))
    for session, mark in left:
        kill_session(int(session), mark)


if __name__ == "__main__":
    main()
