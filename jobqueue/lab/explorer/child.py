"""The process in which programs are explored: `python -m jobqueue.lab.explorer.child <fd of a socket>`.

It lives apart, so that `while True: pass` can be interrupted or killed, clocks can be patched, and a notebook's kernel
stays free. It keeps its Redis warm between requests, and dies with its parent, as its Redis dies with it.
"""

import os
import pickle
import select
import signal
import socket
import sys
import traceback
from time import process_time

from jobqueue.lab.explorer.engine import explore_here, replay_here
from jobqueue.lab.explorer.messages import STOP, Progress, pack_message, read_message
from jobqueue.lab.explorer.process import Hung
from jobqueue.lab.explorer.search import real_monotonic
from jobqueue.lab.explorer.server import Server
from jobqueue.sandbox import Sandbox

#: Seconds of the processor that a program may compute without awaiting; then Hung is thrown into it. On a busy machine
#: they take longer than a second, and a program that only waits for its turn is not one that computes for ever.
PATIENCE = 1.0

#: Seconds after which that is done all the same: it may be blocked by something of its own.
BLOCKED = 4.0

TICK = 0.25
NEWS_EVERY = 0.1  # seconds


class Watchdog:
    """Throws Hung into a program that keeps the loop busy for PATIENCE, at the very line where it is."""

    def __init__(self):
        self.loop = None
        self.seen, self.used, self.since = None, 0.0, 0.0
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)

    def _tick(self, *_):
        rounds = self.loop.rounds if self.loop and self.loop.running else None
        if rounds is None or rounds != self.seen:
            self.seen, self.used, self.since = rounds, process_time(), real_monotonic()
        elif process_time() - self.used >= PATIENCE or real_monotonic() - self.since >= BLOCKED:
            self.seen = None
            raise Hung


class Child:
    """Answers one request after the other."""

    def __init__(self, channel: socket.socket):
        self.channel = channel
        self.sandbox = Sandbox()
        self.sandbox.external = None  # never somebody's own server: its content would be erased
        self.server = Server(self.sandbox.start())
        self.watchdog = Watchdog()
        self.told = 0.0

    def serve(self) -> None:
        self.send(("ready", None))
        while request := read_message(self.channel):
            if request == STOP:  # it came when there was nothing to stop any more
                continue
            try:
                self.send(("done", self.answer(**request)))
            except Exception as error:
                known = isinstance(error, (RuntimeError, ValueError))
                self.send(("failed", error if known else RuntimeError(traceback.format_exc())))

    def answer(self, kind: str, payload: bytes, path: list[str], folder: str):
        """`kind` "explore" or "replay"; `payload` is pickled, and unpickled only once clocks and paths are in place."""
        sys.path[:] = path
        os.chdir(folder)
        scenario, options = pickle.loads(payload)
        if kind == "replay":
            return replay_here(scenario, self.server, on_world=self.watch, **options)
        return explore_here(scenario, self.server, on_world=self.watch, on_progress=self.report, **options)

    def watch(self, world) -> None:
        self.watchdog.loop = world.loop

    def report(self, search) -> bool:
        """Say how far it is, ten times a second; returns whether the parent wants to stop."""
        now = real_monotonic()
        if now - self.told < NEWS_EVERY:
            return False
        self.told = now
        wrong = sum(1 for findings in search.graph.findings.values() if findings)
        seconds = now - search.started
        self.send(("progress", Progress(search.runs, search.graph.states, len(search.frontier), wrong, seconds)))
        readable, _, _ = select.select([self.channel], [], [], 0)
        return bool(readable) and read_message(self.channel) == STOP

    def send(self, message) -> None:
        self.channel.sendall(pack_message(message))


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    try:
        Child(channel).serve()
    except Exception:
        channel.sendall(pack_message(("failed", RuntimeError(traceback.format_exc()))))


if __name__ == "__main__":
    main()
