"""A handle on a child process: start it, send it messages, receive its answers, and kill it."""

import os
import signal
import socket
import subprocess
import sys

from jobqueue.explorer.isolation.channel import Channel, ChannelClosed, ChildSilent
from jobqueue.explorer.isolation.messages import Message
from jobqueue.server.leash import Leashed

#: The child's program. It's given our path in here, because a colon in a folder's name would end it in PYTHONPATH.
PROGRAM = "import sys; sys.path[:] = {path!r}; from jobqueue.explorer.isolation.child import main; main()"


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
        """The next message. Raises Lost if there will be none."""
        try:
            return await self.channel.receive(patience)
        except ChannelClosed:
            raise self._ended() from None
        except ChildSilent:
            words = f"it gave no sign of life for {patience:g} s, so its process was killed"
            raise Lost("silent", words) from None

    async def send(self, message: Message) -> None:
        try:
            await self.channel.send(message)
        except ChannelClosed:
            raise self._ended() from None

    def _ended(self) -> Gone:
        code = self.process.wait()  # it has closed its end, so this is soon
        how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        return Gone("ends the program", f"it ends the program: its process ended {how}")

    def kill(self) -> None:
        if self.process.poll() is None:  # its session holds all that it forked, too
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.channel.close()
