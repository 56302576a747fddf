"""The queues that can be asked: an adapter for each, and an environment of its own for each, made once.

Queues pin versions of redis-py that clash. So none of them is ever imported here. An adapter's constants are read from
its source, and the rest of it runs in the queue's environment.
"""

import ast
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

from jobqueue.errors import BadSetting

ADAPTERS = Path(__file__).parent / "peers"
PINS = json.loads((Path(__file__).parent / "pins.json").read_text(encoding="utf-8"))

#: The versions that were installed: a file in each environment that is complete.
READY = "versions.json"

#: Runs in a peer's environment, and prints the versions of the packages that it requires.
PRINT_VERSIONS = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""


class Peer:
    """A queue that can be asked, by the adapter at `path`: ask_<name>.py, or any other name."""

    def __init__(self, path: Path):
        self.path = path.resolve()
        self.name = path.stem.removeprefix("ask_")
        self.constants, self.functions = _read(self.path)
        #: The packages to install. If there are none, it runs with this Python, as the kit itself does.
        self.requires: list[str] = self.constants.get("REQUIRES", PINS.get(self.name, []))
        if not isinstance(self.requires, list | tuple):
            raise BadSetting(f"REQUIRES of {self.path.name} must be a list of packages: [{self.requires!r}]")

    @property
    def dead_place(self) -> str:
        """The place where it keeps dead jobs, in words."""
        return str(self.constants.get("DEAD", "the place that dead() reads"))

    @property
    def folder(self) -> Path:
        """The folder of its environment, made or not. Another version of any package is another folder."""
        contents = json.dumps([self.requires, sys.version_info[:2]])
        return cache() / f"{self.name}-{hashlib.sha256(contents.encode()).hexdigest()[:8]}"

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python") if self.requires else sys.executable

    @property
    def is_set_up(self) -> bool:
        return not self.requires or (self.folder / READY).exists()

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of its packages, by name. Only once it's set up."""
        if self.requires:
            return json.loads((self.folder / READY).read_text(encoding="utf-8"))
        from importlib.metadata import version

        return {name: version(name) for name in self.constants.get("USES", ())}

    def set_up(self) -> None:
        """Make the environment, unless it's there. Raises BadSetting with pip's own words if that fails."""
        if not self.requires:
            return
        cache().mkdir(parents=True, exist_ok=True)
        with self.folder.with_suffix(".making").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be at it
            if not self.is_set_up:
                shutil.rmtree(self.folder, ignore_errors=True)
                self._run([sys.executable, "-m", "venv", str(self.folder)])
                self._run(
                    [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *self.requires]
                )
                names = [_distribution(each) for each in self.requires]
                versions = self._run([self.python, "-c", PRINT_VERSIONS, *names])
                (self.folder / READY).write_text(versions, encoding="utf-8")

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines()
            raise BadSetting(f"no environment for {self.name}: {words[-1] if words else f'{command} failed'}")
        return done.stdout


def cache() -> Path:
    """The folder of all environments: JOBQUEUE_PEERS, or a folder in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("JOBQUEUE_PEERS") or Path(base) / "jobqueue" / "peers")


def known() -> list[str]:
    """The names of the adapters that come with the kit."""
    return sorted(path.stem.removeprefix("ask_") for path in ADAPTERS.glob("ask_*.py"))


def find(name: str | Path) -> Peer:
    """The peer of this name, or with the adapter in this file. Raises BadSetting if there's none."""
    path = Path(name)
    if path.suffix != ".py":
        path = ADAPTERS / f"ask_{name}.py"
    if not path.is_file():
        raise BadSetting(
            f"there is no adapter for {str(name)!r}. Choose from {', '.join(known())}, or name the path of your own .py"
        )
    return Peer(path)


def _read(path: Path) -> tuple[dict[str, Any], set[str]]:
    """The constants of an adapter's source (names in capitals with plain values), and the names of its functions."""
    constants: dict[str, Any] = {}
    functions: set[str] = set()
    try:
        statements = ast.parse(path.read_text(encoding="utf-8")).body
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise BadSetting(f"{path.name}{line} is no Python: {error.msg}") from None
    except ValueError as error:  # its bytes aren't text
        raise BadSetting(f"{path.name} is no Python: {error}") from None
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.add(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            with contextlib.suppress(ValueError):  # no plain value, so it's only for the adapter itself
                constants[node.targets[0].id] = ast.literal_eval(node.value)
    return constants, functions


def _distribution(requirement: str) -> str:
    """`saq` of `saq[redis]==0.26.4`."""
    return requirement.split("=")[0].split("[")[0].split("<")[0].split(">")[0].strip()
