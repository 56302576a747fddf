"""A handle on a child process: start it, send it messages, receive its answers, and kill it."""

import contextlib
import glob
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from jobqueue.explorer.isolation.channel import Channel, ChannelClosed, ChildSilent
from jobqueue.explorer.isolation.messages import Message
from jobqueue.server.leash import Leashed

#: The child's program. It's given our path in here, because a colon in a folder's name would end it in PYTHONPATH.
PROGRAM = "import sys; sys.path[:] = {path!r}; from jobqueue.explorer.isolation.child import main; main()"


#: Seconds of silence after which we look whether the child is at work.
LOOK = 5.0

#: Seconds of work, and of waiting for the processor, that we grant a child that says nothing. It counts its own time,
#: unless a program has taken its timer away.
SILENT_WORK = 60.0


class Lost(Exception):
    """A child won't answer, because its process ended or went silent. `kind` is that of the Problem it stands for."""

    def __init__(self, kind: str, words: str):
        super().__init__(words)
        self.kind = kind


class Gone(Lost):
    """The child's own process ended, and not only the fork that answered this request."""


class ChildProcess:
    """A warm process that explores (child.py), and the channel to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        self.ready = False
        quiet = None if os.environ.get("JOBQUEUE_EXPLORER_DEBUG") else subprocess.DEVNULL
        with theirs:
            self.process = Leashed(
                [
                    sys.executable,
                    "-c",
                    PROGRAM.format(path=list(map(os.path.abspath, sys.path))),
                    str(theirs.fileno()),
                ],
                pass_fds=(theirs.fileno(),),
                stdout=quiet,  # a program may print a thousand times
                stderr=quiet,
                env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
            )

    async def receive(self, patience: float) -> Message:
        """The next message. Raises Lost if there will be none.

        `patience` is for seconds in which the child does nothing. On a busy machine it may be silent for much longer.
        """
        silent, worked, busy = 0.0, 0.0, None
        while silent < patience and worked < SILENT_WORK:
            span = min(LOOK, patience - silent)
            try:
                return await self.channel.receive(span)
            except ChannelClosed:
                raise self._ended() from None
            except ChildSilent:
                before, busy = busy, self._busy()
                work = 0.0 if before is None else busy - before
                silent, worked = silent + max(span / 10, span - work), worked + work
        words = f"it gave no sign of life for {max(silent, worked):.0f} s, so its process was killed"
        raise Lost("silent", words) from None

    async def send(self, message: Message) -> None:
        try:
            await self.channel.send(message)
        except ChannelClosed:
            raise self._ended() from None

    def _busy(self) -> float:
        """Seconds in which the child and its forks have computed, or waited for the processor; 0 if no one says."""
        busy = 0
        for stat in glob.iglob("/proc/[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError, IndexError):  # it has just ended
                session = Path(stat).read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[3]
                if int(session) == self.process.pid:
                    busy += sum(map(int, Path(stat).with_name("schedstat").read_text(encoding="ascii").split()[:2]))
        return busy / 1e9

    def _ended(self) -> Gone:
        code = self.process.wait()  # it has closed its end, so this is soon
        how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        return Gone("ends the program", f"it ends the program: its process ended {how}")

    def kill(self) -> None:
        if self.process.poll() is None:  # its session holds all that it forked, too
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.channel.close()
