"""The child process that answers a notebook's requests. parent.py starts it, with the number of a socket.

It stays warm, with a Redis of its own, and forks a process for each request (fork.py). In the fork, clocks can be
patched and `while True: pass` can be ended. The child never runs a program itself, so no program can harm it. It dies
with its parent, and its Redis dies with it.
"""

import contextlib
import gc
import mmap
import os
import signal
import socket
import sys
import traceback
from importlib import import_module
from typing import Any

from jobqueue.errors import JobQueueError
from jobqueue.explorer.fences.confine import confine_server, is_swollen
from jobqueue.explorer.fences.tampering import Originals
from jobqueue.explorer.isolation.fork import ANSWERED, TALKING, Fork
from jobqueue.explorer.isolation.messages import END, STOP, Message, pack_message, read_message
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.explorer.redis_seam.wire import Wire
from jobqueue.sandbox import Sandbox


class Child:
    """A loop that lets a fork answer each request, one after another."""

    def __init__(self, channel: socket.socket):
        self.channel = channel
        self.sandbox = Sandbox()
        self.sandbox.external = None  # never a server of the user's: its content would be erased
        self._use_server(self.sandbox.start())

    def _use_server(self, url: str) -> None:
        confine_server(self._server_pid())
        self.server = SteppedServer(url)

    def serve(self) -> None:
        self._send(("done", None))  # that is: ready
        while request := read_message(self.channel):
            if request in (STOP, END):  # it came after the answer, so there's nothing left to stop or to end
                continue
            if not self._reaches_server():  # perhaps a program deleted TMPDIR. The parent starts another child
                return
            self._answer(request)

    def _reaches_server(self) -> bool:
        with contextlib.suppress(OSError):
            Wire(self.server.url).close()
            return True
        return False

    def _answer(self, request: dict[str, Any]) -> None:
        """Let a fork answer this request, and those that follow in its session. Answer for it if it can't."""
        for module in request["preload"]:
            import_module(module)
        note, originals = mmap.mmap(-1, 1), Originals()
        gc.freeze()  # or the fork's collections touch every object here, and so copy every page: 30 ms
        if not (pid := os.fork()):
            Fork(self.channel, self.server, note, originals, self._is_swollen).run(request)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        outcome = note[0]
        if outcome == TALKING:  # half a message is on the way, so the parent can't parse another
            sys.exit(1)
        if outcome < ANSWERED:
            self._send(("lost", describe_end(code)))
        if outcome != ANSWERED or self._is_swollen():
            self.server.close()
            with contextlib.suppress(OSError, JobQueueError):  # a message now would be taken for an answer
                self._use_server(self.sandbox.restart(keep=False))

    def _is_swollen(self) -> bool:
        return is_swollen(self._server_pid())

    def _server_pid(self) -> int:
        if self.sandbox.process is None:
            raise RuntimeError("the explorer's server is not running")
        return self.sandbox.process.pid

    def _send(self, message: Message) -> None:
        self.channel.sendall(pack_message(message))


def describe_end(code: int) -> tuple[str, str]:
    """The kind of finding, and its message, for a process that ended before it answered."""
    if code >= 0:
        return "ends the program", f"it ends the program: its process ended with exit code {code}"
    name = signal.Signals(-code).name
    if name == "SIGXCPU":
        return "spins", "it computes forever, in something that can't be interrupted"
    return "ends the program", f"it ends the program: its process was ended by {name}"


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    try:
        Child(channel).serve()
    except JobQueueError as error:  # there is no server, or it does not start
        channel.sendall(pack_message(("failed", error)))
    except Exception:
        channel.sendall(pack_message(("failed", RuntimeError(traceback.format_exc()))))
