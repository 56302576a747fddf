"""Open JupyterLab at the course: `jobqueue lab`, which in a checkout is the checkout's, and else a learner's own."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from jobqueue.lab.shelf import OWN, course, is_checkout, lay_out
from jobqueue.lab.workspace import LESSON, first_visit

INSTALL = "JupyterLab is not installed here: pip install 'jobqueue-kit[lab]', in a checkout pip install -e '.[lab]'"

#: Jupyter's settings for the course: no popup with Jupyter's news over the first page; and what a live picture sends
#: after its tab was closed is not kept in memory for a reader who may never return.
SETTINGS = Path(__file__).with_name("jupyter")


def open_course(words: Sequence[str]) -> int:
    """`jobqueue lab` with these words behind it: a folder for a copy of one's own, if it comes first; options.

    A wheel's course is always copied, by default to jobqueue-notebooks in the current folder: what a learner writes
    must not be lost with the next upgrade. Returns as `launch`.
    """
    words = list(words)
    named = Path(words.pop(0)) if words and not words[0].startswith("-") else None
    if not find_spec("jupyterlab"):
        return _refuse(INSTALL)
    if named.resolve() == course().resolve() if named else is_checkout():
        return launch(folder=course(), extra_args=words)
    folder = named or Path(OWN)
    try:
        beside = lay_out(folder, course())
    except OSError as error:
        return _refuse(f"cannot put the notebooks into {folder}: {error.strerror}; name another: jobqueue lab FOLDER")
    kept = f"; what you changed is kept, the new versions are beside: {', '.join(beside)}" if beside else ""
    print(f"Your notebooks are in {folder}{kept}")
    return launch(folder=folder, extra_args=words)


def launch(notebook: str = LESSON, folder: Path | None = None, extra_args: Sequence[str] = ()) -> int:
    """Become JupyterLab, open at `notebook`; returns only, with exit code 2 and one line on stderr, if that cannot be.

    Args:
        folder (Path): what JupyterLab shows as its root; the course as it came by default.
        extra_args (Sequence[str]): more of JupyterLab's options, such as `--no-browser`.
    """
    folder = Path(folder or course()).absolute()
    if not find_spec("jupyterlab"):
        return _refuse(INSTALL)
    if not (folder / notebook).is_file():
        return _refuse(f"there is no {folder / notebook}: in a folder of your own, jobqueue lab FOLDER puts it there")
    os.environ |= {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")])),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not one the user once registered
    }
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    if not any(word.partition("=")[0] in ("--port", "--ServerApp.port") for word in extra_args):
        # By itself it looks for a free port from 8888 up, and takes it a moment later: of a room that starts at the
        # same time, some would find it taken, and not start.
        command.append("--ServerApp.port=0")
    command.append(f"--LabApp.default_url={_address(folder, notebook)}")  # also in the address it prints
    if os.geteuid() == 0:
        command.append("--allow-root")  # in a container; Jupyter refuses without it
    sys.stdout.flush()
    os.execv(sys.executable, [*command, *extra_args])  # Ctrl-C, signals and the exit code are JupyterLab's own


def _address(folder: Path, notebook: str) -> str:
    """Where JupyterLab opens: at the notebook; at the first lesson, on a first visit, with its picture beside it."""
    place = f"/tree/{quote(notebook)}"
    if notebook != LESSON:
        return f"/lab{place}"
    try:
        return f"/lab/workspaces/{first_visit(folder)}{place}"
    except (OSError, ValueError, LookupError, StopIteration):  # no place to save it, or not the lesson we know
        return f"/lab{place}"


def _refuse(reason: str) -> int:
    print(f"jobqueue lab: {reason}", file=sys.stderr)
    return 2
