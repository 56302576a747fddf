"""Processes by their session, and the guard that kills those whose harness is gone, however it went.

Python's standard library only: it is run by its path, as a small process beside the harness.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path


def living(session: int) -> set[int]:
    """The pids of all processes of a session, its leader's own among them; those that have ended are left out."""
    if sys.platform == "linux":  # a slim container has no ps
        pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    else:
        pids = map(int, subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True).stdout.split())
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):  # it has just ended
            if os.getsid(pid) == session and not _is_zombie(pid):
                found.add(pid)
    return found


def _is_zombie(pid: int) -> bool:
    """Has it ended, and nobody has waited for it yet?"""
    if sys.platform != "linux":
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def kill_session(session: int) -> None:
    """kill -9 for all of it. They are stopped first: none may see another die, and say so to anyone."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        told: set[int] = set()
        while fresh := living(session) - told:
            for pid in fresh:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            told |= fresh


def main() -> None:
    """Read "+session" and "-session" from stdin until its other end is closed; then kill the sessions that are left."""
    sessions: set[int] = set()
    for line in sys.stdin:
        (sessions.add if line[0] == "+" else sessions.discard)(int(line[1:]))
    for session in sessions:
        kill_session(session)


if __name__ == "__main__":
    main()
