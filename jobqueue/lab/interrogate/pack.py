"""A process with all it starts: killed together, as by a machine that loses power, and never left behind.

A queue's worker may be a process that forks others, each in a process group of its own. Their session holds them
together. A daemon leaves that too, but it has a mark in its environment. `Pack.kill` kills them all. If this process
ends before that, its guard does, which is another process.
"""

import atexit
import itertools
import os
import subprocess
import sys
from pathlib import Path

from jobqueue.lab.interrogate import guard
from jobqueue.server.leash import Leashed


class _Guard:
    """The process next to us, started when there's something to guard."""

    def __init__(self) -> None:
        self._pipe: int | None = None

    def tell(self, sign: str, session: int, mark: str) -> None:
        """With "+" it guards a session, and processes with the mark. With "-" it forgets them."""
        if self._pipe is None:
            self._pipe = _start_guard()
        os.write(self._pipe, f"{sign}{session} {mark}\n".encode())


def _start_guard() -> int:
    """Start the guard, and return the pipe that leads to it. When that's closed, the guard does its work and ends."""
    end, pipe = os.pipe()
    process = subprocess.Popen([sys.executable, "-I", "-S", guard.__file__], stdin=end, start_new_session=True)
    os.close(end)
    atexit.register(process.wait)
    atexit.register(os.close, pipe)  # registered last, so it runs first
    return pipe


_guard = _Guard()
_numbers = itertools.count(1)


class Pack:
    """`command`, running with `env`, in `folder` and in a session of its own. Its output is appended to `log`."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path, log: Path):
        self._mark = f"{os.getpid()}-{next(_numbers)}"
        with log.open("ab") as output:
            self._top = Leashed(command, env=env | {guard.MARK: self._mark}, cwd=folder, stdout=output, stderr=output)
        self.pid = self._top.pid
        _guard.tell("+", self.pid, self._mark)

    @property
    def alive(self) -> bool:
        """Does the process that was started run? (Others that it started may run on without it.)

        We don't wait for it before `kill` does. Until then no other process can get its pid, which names the session.
        """
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def terminate(self) -> None:
        """SIGTERM for the process that was started, as an operator or a supervisor sends it."""
        self._top.terminate()

    def kill(self) -> None:
        """kill -9 for the process, and for all that it started."""
        guard.kill_session(self.pid, self._mark)
        self._top.wait()
        _guard.tell("-", self.pid, self._mark)
