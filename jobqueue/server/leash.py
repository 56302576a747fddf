"""Start a process that can't outlive this one, even if this one dies by kill -9 and none of its clean-up code runs.

Each process gets a watchdog: a tiny shell that reads from a pipe, and only this process holds the other end. When this
process dies, the kernel closes that end. Then the shell reads end-of-file and kills the process it watches. Linux has a
system call for this, PR_SET_PDEATHSIG, but it fires when the *thread* that started the child ends. The pipe works from
any thread, and on macOS.
"""

import os
import subprocess
import weakref
from typing import IO, Any, cast

WATCH = 'while read -r line; do pid=$line; done; kill -9 "$pid"'

#: The new process sends its own pid to the watchdog before it becomes the command. So there's no instant at which we
#: could die and leave an unwatched process. Its stdin is the pipe until then, and empty afterwards. We send the
#: pid too, because a process that's stopped before its first word never would.
TELL = 'echo $$ >&0; exec "$@" </dev/null'

# A fork of this process (multiprocessing makes some) inherits our end of every pipe. It would hold it after our death.
_pipes: weakref.WeakSet[IO[bytes]] = weakref.WeakSet()
os.register_at_fork(after_in_child=lambda: [pipe.close() for pipe in _pipes])


class Leashed(subprocess.Popen[bytes]):
    """`subprocess.Popen(command)` on a leash, with empty input, and in a session of its own.

    Because of the session, Ctrl-C in a terminal or a notebook doesn't reach it. Its pid is the command's own.
    """

    def __init__(self, command: list[str], **options: Any):
        self._watchdog: subprocess.Popen[bytes] | None = subprocess.Popen(
            ["/bin/sh", "-c", WATCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._pipe = cast(IO[bytes], self._watchdog.stdin)
        _pipes.add(self._pipe)
        try:
            tell = ["/bin/sh", "-c", TELL, "leash", *command]
            super().__init__(tell, stdin=self._pipe, start_new_session=True, **options)
            self._pipe.write(b"%d\n" % self.pid)
            self._pipe.flush()
        except BaseException:
            self._end_watchdog()
            raise

    def poll(self) -> int | None:
        """Do as Popen does. When the process has ended, end its watchdog."""
        if (code := super().poll()) is not None:
            self._end_watchdog()
        return code

    def wait(self, timeout: float | None = None) -> int:
        """Do as Popen does. When the process has ended, end its watchdog."""
        code = super().wait(timeout)
        self._end_watchdog()
        return code

    def _end_watchdog(self) -> None:
        # The pid is free from now on. If the watchdog stayed, it would one day kill a stranger's process.
        if self._watchdog:
            self._watchdog.kill()
            self._pipe.close()
            self._watchdog.wait()
            self._watchdog = None
