"""`jobqueue lab`: open JupyterLab at the course, the checkout's own in a checkout, and else a learner's copy."""

import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from jobqueue.lab.course.shelf import OWN, course, is_checkout, lay_out
from jobqueue.lab.course.workspace import LESSON, first_visit
from jobqueue.printable import printable

INSTALL = "JupyterLab is not installed here: pip install 'jobqueue-kit[lab]', in a checkout pip install -e '.[lab]'"

#: Jupyter's settings for the course: no popup with Jupyter's news over the first page, and no memory for the frames
#: that a live picture sends after its tab was closed.
SETTINGS = Path(__file__).with_name("jupyter")


def open_course(words: Sequence[str]) -> int:
    """Carry out `jobqueue lab` with these words: first perhaps a folder for a copy, then JupyterLab's options.

    A wheel's course is always copied, by default to jobqueue-notebooks in the current folder, because the next upgrade
    must not delete a learner's work. Returns as `launch`.
    """
    words = list(words)
    named = Path(words.pop(0)) if words and not words[0].startswith("-") else None
    if not find_spec("jupyterlab"):
        return _refuse(INSTALL)
    if named.resolve() == course().resolve() if named else is_checkout():
        return launch(folder=course(), extra_args=words)
    folder = named or Path(OWN)
    try:
        newer = lay_out(folder, course())
    except OSError as error:
        return _refuse(f"can't put the notebooks into {folder}: {error.strerror}. Name another: jobqueue lab FOLDER")
    kept = (
        f". We kept the files that you changed. Their new versions are next to them: {', '.join(newer)}"
        if newer
        else ""
    )
    print(printable(f"Your notebooks are in {folder}{kept}"))
    return launch(folder=folder, extra_args=words)


def launch(notebook: str = LESSON, folder: Path | None = None, extra_args: Sequence[str] = ()) -> int:
    """Become JupyterLab, open at `notebook`. It returns only if that fails, with exit code 2 and one line on stderr.

    Args:
        folder: JupyterLab's root; by default the course as it came.
        extra_args: more of JupyterLab's options, such as `--no-browser`.
    """
    folder = Path(folder or course()).absolute()
    if not find_spec("jupyterlab"):
        return _refuse(INSTALL)
    if not (folder / notebook).is_file():
        return _refuse(f"there is no {folder / notebook}: in a folder of your own, jobqueue lab FOLDER puts it there")
    os.environ |= {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [_settings(), os.environ.get("JUPYTER_CONFIG_PATH")])),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not one that the user once registered
    }
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    if not any(word.partition("=")[0] in ("--port", "--ServerApp.port") for word in extra_args):
        # By itself it looks for a free port from 8888 up, and takes it a moment later. If a whole room starts at the
        # same time, some would find it taken, and wouldn't start.
        command.append("--ServerApp.port=0")
    command.append(f"--LabApp.default_url={_address(folder, notebook)}")  # it prints this address, too
    if os.geteuid() == 0:
        command.append("--allow-root")  # in a container; Jupyter refuses without it
    sys.stdout.flush()
    os.execv(sys.executable, [*command, *extra_args])  # Ctrl-C, signals and the exit code are JupyterLab's own


def _settings() -> str:
    """Return our settings' folder by a path without a colon, which would divide it in a list of paths."""
    if os.pathsep not in str(SETTINGS):
        return str(SETTINGS)
    link = Path(tempfile.mkdtemp(prefix="jobqueue-settings-"), "settings")
    link.symlink_to(SETTINGS)
    return str(link)


def _address(folder: Path, notebook: str) -> str:
    """The address to open: the notebook, or on a first visit the first lesson with its picture next to it."""
    place = f"/tree/{quote(notebook)}"
    if notebook != LESSON:
        return f"/lab{place}"
    try:
        return f"/lab/workspaces/{first_visit(folder)}{place}"
    except (
        OSError,
        ValueError,
        LookupError,
        StopIteration,
    ):  # it can't be saved, or it's another lesson
        return f"/lab{place}"


def _refuse(reason: str) -> int:
    print(f"jobqueue lab: {printable(reason)}", file=sys.stderr)
    return 2
