"""A private Redis of your own: start it, kill it, restart it, and never leave it behind.

The server listens on a unix socket in a folder that only you can open, and on no TCP port. When this process dies, even
by kill -9, the server dies too. If files stay behind, the next sandbox removes them.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobqueue.errors import BadSetting, ServerFailed
from jobqueue.server.binary import find_server
from jobqueue.server.claim import Claim, sweep_folders
from jobqueue.server.connect import connect, require_version
from jobqueue.server.leash import Leashed
from jobqueue.server.urls import unix_url

#: Each folder's name begins with this, so that a later sandbox finds the folders that a crash left. It's short, because
#: the path of a unix socket may have at most 104 characters (macOS).
PREFIX = "jobqueue-"

START_SECONDS = 10.0

#: The folder, within the sandbox's, of the append-only file.
AOF = "aof"

#: Bytes that the path of TMPDIR may have. If it's longer, the server's folder is in /tmp: see PREFIX.
LONGEST_HOME = 75


class Sandbox:
    """`async with Sandbox() as url:` or `start()` … `stop()`.

    Args:
        persistent (bool): keep an append-only file, so that a killed server comes back with its data.
        maxmemory (str): the server's memory limit. Beyond it, the server refuses writes and evicts nothing.

    If JOBQUEUE_REDIS_URL is set, the sandbox uses that server and starts none. `kill` and `restart` raise ServerFailed.
    """

    def __init__(self, *, persistent: bool = False, maxmemory: str = "256mb"):
        self.persistent = persistent
        self.maxmemory = maxmemory
        self.external = os.environ.get("JOBQUEUE_REDIS_URL")
        self.folder: Path | None = None
        self.process: Leashed | None = None
        self._claim: Claim | None = None
        # A start in a thread goes on when the task that awaits it is interrupted, so `stop` has to wait for it.
        self._turn = threading.RLock()

    @property
    def url(self) -> str:
        """The URL to connect to. Raises ServerFailed before `start` and after `stop`."""
        if self.external:
            return self.external
        if self.folder is None:
            raise ServerFailed("this sandbox is not running: call start() first")
        return unix_url(self.folder / "s.sock")

    def start(self) -> str:
        """Start the server, wait until it answers, and return its URL. Return at once if it's running."""
        if self.external:
            self._check_external()
            return self.url
        with self._turn:
            if not self.process or self.process.poll() is not None:
                try:
                    self._launch()
                    self._await_answer()
                except BaseException:
                    self.stop()
                    raise
            return self.url

    def kill(self) -> None:
        """Kill the server with kill -9. Its data survives only with `persistent`. `restart` brings the server back."""
        if self.external:
            raise ServerFailed("JOBQUEUE_REDIS_URL names this server, so the sandbox can't kill or restart it")
        with self._turn:
            if self.process:
                self.process.kill()
                self.process.wait()
                self.process = None

    def restart(self, *, keep: bool = True) -> str:
        """Kill the server if it runs, start it again in the same place, and return its URL, which stays the same.

        Without `keep` it starts empty, even if it's persistent.
        """
        with self._turn:
            self.kill()
            if self.folder and not keep:
                shutil.rmtree(self.folder / AOF, ignore_errors=True)
            return self.start()

    def stop(self) -> None:
        """End the server and remove its folder. Calling it twice does no harm."""
        if self.external:
            return
        with self._turn:
            try:
                self.kill()  # no need to shut down: its files are deleted next
            finally:
                if self.folder:
                    shutil.rmtree(self.folder, ignore_errors=True)
                    if self._claim:
                        self._claim.release()
                    self.folder = None

    async def __aenter__(self) -> str:
        return self.start()

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.to_thread(self.stop)

    def _launch(self) -> None:
        if self.folder is None:
            sweep()
            home = None if len(os.fsencode(tempfile.gettempdir())) <= LONGEST_HOME else "/tmp"
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))  # mkdtemp makes it 0700: ours alone
            self._claim = Claim(self.folder)
        with (self.folder / "server.log").open("wb") as log:
            self.process = Leashed(self._command(), stdout=log, stderr=log)
        (self.folder / "server.pid").write_text(str(self.process.pid), encoding="utf-8")

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": f"{self.folder}/s.sock",
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes" if self.persistent else "no",
            "appenddirname": AOF,
            "maxmemory": self.maxmemory,
            "maxmemory-policy": "noeviction",  # F47: any other policy may delete a whole stream, with its group
        }
        return [find_server(), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def _await_answer(self) -> None:
        process, folder = self.process, self.folder
        if not (process and folder):
            raise ServerFailed("this sandbox is not running: call start() first")
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._ask_version()
            except (redis.ConnectionError, redis.BusyLoadingError) as error:  # not up yet, or replaying its AOF
                if process.poll() is not None or time.monotonic() > deadline:
                    log = (folder / "server.log").read_text(errors="replace", encoding="utf-8").strip().splitlines()
                    reason = log[-1] if log else f"exit code {process.poll()}"
                    raise ServerFailed(f"{find_server()} did not start: {reason}") from error
                time.sleep(0.005)

    def _check_external(self) -> None:
        try:
            connect(self.url)  # it checks the URL, and sends nothing
            self._ask_version()
        except (redis.RedisError, BadSetting) as error:
            raise ServerFailed(f"the server that JOBQUEUE_REDIS_URL names can't be used: {error}") from error

    def _ask_version(self) -> None:
        with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
            client.ping()  # INFO answers even while the server replays its append-only file
            require_version(client.info("server"))


def sweep() -> None:
    """Remove the folders of sandboxes whose process is gone, and end their servers."""
    sweep_folders(PREFIX, _end_server)


def _end_server(folder: Path) -> None:
    server = int((folder / "server.pid").read_text(encoding="utf-8"))
    if os.fsencode(folder) in _command_line(server):  # or the pid belongs to another process by now
        os.kill(server, signal.SIGKILL)


def _command_line(pid: int) -> bytes:
    if sys.platform == "linux":  # a slim container has no ps
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True).stdout
