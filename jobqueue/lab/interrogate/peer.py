"""Who can be questioned: an adapter for each queue, and an environment of its own for each, made once.

Queues pin versions of redis-py that clash. So none of them is ever imported here: an adapter's constants are read from
its source, and everything else of it runs in the queue's environment.
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

from jobqueue.errors import BadSetting

ADAPTERS = Path(__file__).parent / "peers"
PINS = json.loads((Path(__file__).parent / "pins.json").read_text())

#: What an environment tells about itself once it is complete: the versions that were installed.
READY = "versions.json"

#: Run in a peer's environment: the versions of what was asked for.
TELL_VERSIONS = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""


class Peer:
    """A queue that can be questioned: the adapter at `path`, a file called ask_<name>.py, or as you like."""

    def __init__(self, path: Path):
        self.path = path.resolve()
        self.name = path.stem.removeprefix("ask_")
        self.constants, self.functions = _read(self.path)
        #: What pip is to install, or nothing: then it runs with this Python, as the kit itself does.
        self.requires: list[str] = self.constants.get("REQUIRES", PINS.get(self.name, []))
        if not isinstance(self.requires, list | tuple):
            raise BadSetting(f"REQUIRES of {self.path.name} is a list of what pip is to install: [{self.requires!r}]")

    @property
    def place_of_the_dead(self) -> str:
        """Where it keeps the jobs that `dead` tells."""
        return self.constants.get("DEAD", "what its dead() tells")

    @property
    def folder(self) -> Path:
        """Where its environment is, or will be. Another version of anything is another folder."""
        asked = json.dumps([self.requires, sys.version_info[:2]])
        return cache() / f"{self.name}-{hashlib.sha256(asked.encode()).hexdigest()[:8]}"

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python") if self.requires else sys.executable

    @property
    def is_set_up(self) -> bool:
        return not self.requires or (self.folder / READY).exists()

    @cached_property
    def versions(self) -> dict[str, str]:
        """What was installed, by name. Only once it is set up."""
        if self.requires:
            return json.loads((self.folder / READY).read_text())
        from importlib.metadata import version

        return {name: version(name) for name in self.constants.get("USES", ())}

    def set_up(self) -> None:
        """Make the environment, unless it is there. Raises BadSetting with pip's own words if it cannot be made."""
        if not self.requires:
            return
        cache().mkdir(parents=True, exist_ok=True)
        with self.folder.with_suffix(".making").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be at it
            if not self.is_set_up:
                shutil.rmtree(self.folder, ignore_errors=True)
                self._run([sys.executable, "-m", "venv", str(self.folder)])
                self._run(
                    [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *self.requires]
                )
                names = [_distribution(each) for each in self.requires]
                told = self._run([self.python, "-c", TELL_VERSIONS, *names])
                (self.folder / READY).write_text(told)

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines()
            raise BadSetting(f"no environment for {self.name}: {words[-1] if words else f'{command} failed'}")
        return done.stdout


def cache() -> Path:
    """Where the environments are: JOBQUEUE_PEERS, or a folder in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("JOBQUEUE_PEERS") or Path(base) / "jobqueue" / "peers")


def known() -> list[str]:
    """The names of those whose adapters come with the kit."""
    return sorted(path.stem.removeprefix("ask_") for path in ADAPTERS.glob("ask_*.py"))


def find(name: str | Path) -> Peer:
    """The peer of this name, or with the adapter in this file. Raises BadSetting if there is none."""
    path = Path(name)
    if path.suffix != ".py":
        path = ADAPTERS / f"ask_{name}.py"
    if not path.is_file():
        raise BadSetting(f"no adapter for {str(name)!r}: say one of {', '.join(known())}, or the path of your own .py")
    return Peer(path)


def _read(path: Path) -> tuple[dict, set[str]]:
    """Of an adapter's source: the names in capitals that are set to plain values, and the names of its functions."""
    constants, functions = {}, set()
    try:
        lines = ast.parse(path.read_text()).body
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise BadSetting(f"{path.name}{line} is no Python: {error.msg}") from None
    except ValueError as error:  # its bytes are no text
        raise BadSetting(f"{path.name} is no Python: {error}") from None
    for line in lines:
        if isinstance(line, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.add(line.name)
        elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and line.targets[0].id.isupper():
            with contextlib.suppress(ValueError):  # no plain value: the adapter's own affair
                constants[line.targets[0].id] = ast.literal_eval(line.value)
    return constants, functions


def _distribution(requirement: str) -> str:
    """`saq` of `saq[redis]==0.26.4`."""
    return requirement.split("=")[0].split("[")[0].split("<")[0].split(">")[0].strip()
