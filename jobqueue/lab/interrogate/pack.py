"""A process with all it starts: killed together, as by a machine that loses power, and never left behind.

A queue's worker may be a process that forks others, each in a process group of its own. What holds them together is
their session; a daemon, which leaves that too, has a mark in its environment. They are killed by `Pack.kill`; and by a
guard, a process that notices should we be gone before.
"""

import atexit
import itertools
import os
import subprocess
import sys
from pathlib import Path

from jobqueue.lab.interrogate import guard
from jobqueue.leash import Leashed


class _Guard:
    """The process beside us; started when there is something to guard."""

    def __init__(self):
        self._process: subprocess.Popen | None = None

    def tell(self, sign: str, session: int, mark: str) -> None:
        """With "+" it guards a session, and who bears the mark; with "-" it forgets them."""
        if self._process is None:
            command = [sys.executable, "-I", "-S", guard.__file__]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
            atexit.register(self.dismiss)
        self._process.stdin.write(f"{sign}{session} {mark}\n".encode())
        self._process.stdin.flush()

    def dismiss(self) -> None:
        self._process.stdin.close()
        self._process.wait()


_guard = _Guard()
_numbers = itertools.count(1)


class Pack:
    """`command`, running with `env`, in `folder` and in a session of its own; what it prints is appended to `log`."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path, log: Path):
        self._mark = f"{os.getpid()}-{next(_numbers)}"
        with log.open("ab") as output:
            self._top = Leashed(command, env=env | {guard.MARK: self._mark}, cwd=folder, stdout=output, stderr=output)
        self.pid = self._top.pid
        _guard.tell("+", self.pid, self._mark)

    @property
    def alive(self) -> bool:
        """Does the process that was started run? (Others that it started may, without it.)

        It is not waited for: until `kill` does, nobody else is given its pid, which is the name of the session.
        """
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def terminate(self) -> None:
        """SIGTERM for the process that was started, as an operator or a supervisor sends it."""
        self._top.terminate()

    def kill(self) -> None:
        """kill -9, it and all it started."""
        guard.kill_session(self.pid, self._mark)
        self._top.wait()
        _guard.tell("-", self.pid, self._mark)
