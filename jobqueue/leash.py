"""Start a process that cannot outlive us, however we die: even by kill -9, when no clean-up code of ours runs.

Beside each process stands a watchdog, a tiny shell that reads from a pipe whose other end only we hold. When we are
gone the kernel closes that end, the shell reads end-of-file, and kills the process. Linux has a system call for this
too (PR_SET_PDEATHSIG), but there "we" is the *thread* that started the child. This works from any thread, and on macOS.
"""

import os
import subprocess
import weakref
from typing import IO, Any, cast

WATCH = 'while read -r line; do pid=$line; done; kill -9 "$pid"'

#: The process itself tells its watchdog whom to kill, before it becomes the command: there is no instant at which we
#: could die and leave a process that nobody watches. Its stdin is the pipe until then, and empty ever after. We tell it
#: too: one that was stopped before its first word would never.
TELL = 'echo $$ >&0; exec "$@" </dev/null'

# A fork of ours (multiprocessing makes some) inherits our end of every pipe, and would hold it when we are gone.
_pipes: weakref.WeakSet[IO[bytes]] = weakref.WeakSet()
os.register_at_fork(after_in_child=lambda: [pipe.close() for pipe in _pipes])


class Leashed(subprocess.Popen[bytes]):
    """`subprocess.Popen(command)` on a leash, with empty input, and in a session of its own.

    The session lets Ctrl-C in a terminal or a notebook spare it. Its pid is the command's own.
    """

    def __init__(self, command: list[str], **options: Any):
        self._dog: subprocess.Popen[bytes] | None = subprocess.Popen(
            ["/bin/sh", "-c", WATCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._pipe = cast(IO[bytes], self._dog.stdin)
        _pipes.add(self._pipe)
        try:
            tell = ["/bin/sh", "-c", TELL, "leash", *command]
            super().__init__(tell, stdin=self._pipe, start_new_session=True, **options)
            self._pipe.write(b"%d\n" % self.pid)
            self._pipe.flush()
        except BaseException:
            self._let_go()
            raise

    def poll(self) -> int | None:
        """As Popen's; an end seen here or in `wait` sends the watchdog home."""
        if (code := super().poll()) is not None:
            self._let_go()
        return code

    def wait(self, timeout: float | None = None) -> int:
        """As Popen's."""
        code = super().wait(timeout)
        self._let_go()
        return code

    def _let_go(self) -> None:
        # The pid is free from now on: a watchdog that stayed would one day kill the stranger who was given it.
        if self._dog:
            self._dog.kill()
            self._pipe.close()
            self._dog.wait()
            self._dog = None
