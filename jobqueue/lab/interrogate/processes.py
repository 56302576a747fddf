"""The processes of one peer in one trial: workers, and producers that enqueue its jobs."""

import json
import os
import sys
from pathlib import Path

import jobqueue
from jobqueue.lab.interrogate.answer import Settings
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.peer import ADAPTERS, Peer

#: Runs host.py. It's given its path in here, because a colon in a folder's name would end it in PYTHONPATH. That's set
#: for the processes that a queue starts by itself.
PROGRAM = "import runpy, sys; sys.path[:0] = {path!r}; runpy.run_module('host', run_name='__main__', alter_sys=True)"


class PeerProcesses:
    """Processes that run host.py in the peer's own environment, in `folder`."""

    def __init__(self, peer: Peer, settings: Settings, concurrency: int, folder: Path):
        self.peer, self.folder = peer, folder
        self.packs: list[Pack] = []
        self._places = [str(ADAPTERS), str(peer.path.parent), *([] if peer.requires else _this_python())]
        self._env = {
            "PYTHONPATH": os.pathsep.join(self._places),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",  # a notebook's kernel asks for colors, and a worker's last words are quoted
            "ASK_FOLDER": str(folder),
            "ASK_SETTINGS": json.dumps(settings),
            "ASK_CONCURRENCY": str(concurrency),
        }

    def start(self, verb: str, args: tuple[str, ...], url: str) -> Pack:
        """Start a process that does `verb` with the Redis at `url`."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JOBQUEUE"))}
        env |= self._env | {"ASK_URL": url}
        command = [self.peer.python, "-c", PROGRAM.format(path=self._places), verb, self.peer.path.stem, *args]
        self.packs.append(pack := Pack(command, env, self.folder, self.folder / f"{verb}.log"))
        return pack

    def kill(self, pack: Pack) -> None:
        """Kill a process, and all that it started."""
        pack.kill()
        self.packs.remove(pack)

    def last_words(self, verb: str = "work") -> str:
        """The last line that workers, or producers, printed."""
        lines = (self.folder / f"{verb}.log").read_text(errors="replace", encoding="utf-8").strip().splitlines()
        return lines[-1][:300] if lines else "it printed nothing"


def _this_python() -> list[str]:
    """Where this Python finds the kit, which may be installed or not."""
    return [str(Path(jobqueue.__file__).parents[1]), *filter(None, sys.path)]
