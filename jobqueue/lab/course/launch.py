"""`jobqueue lab`: open JupyterLab at a learner's copy of the course; `jobqueue reset`: put one lesson of it back."""

import os
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from jobqueue.lab.course.shelf import NOTES, course, lay_out, lessons, own_folder, put_back
from jobqueue.lab.course.workspace import LESSON, first_visit
from jobqueue.printable import printable

INSTALL = "JupyterLab is not installed here: pip install 'jobqueue-kit[lab]', in a checkout pip install -e '.[lab]'"

#: Jupyter's settings for the course: no popup with Jupyter's news over the first page, and no memory for the frames
#: that a live picture sends after its tab was closed.
SETTINGS = Path(__file__).with_name("jupyter")


def open_course(words: Sequence[str]) -> int:
    """Carry out `jobqueue lab` with these words: first perhaps a folder for a copy, then JupyterLab's options.

    The course is copied, by default to jobqueue-notebooks (see `own_folder`), because an upgrade must not delete a
    learner's work, and opening a lesson must not change a checkout's files. `jobqueue lab notebooks` opens a checkout's
    own, for contributors. Returns as `launch`.
    """
    words = list(words)
    named = Path(words.pop(0)) if words and not words[0].startswith("-") else None
    if not find_spec("jupyterlab"):
        return _refuse(INSTALL)
    if named and named.resolve() == course().resolve():
        return launch(folder=course(), extra_args=words)
    folder = named or own_folder()
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


def reset_lesson(word: str) -> int:
    """Carry out `jobqueue reset WORD`: put a lesson back as shipped, and keep the learner's under another name."""
    folder, names = own_folder(), lessons(course(), word)
    if not (folder / NOTES).is_file():
        return _refuse("there's no copy of the course here: run this in the folder that jobqueue lab named", "reset")
    if len(names) != 1:
        return _refuse(f"the course has no lesson {word}: give its number, such as 03", "reset")
    [name] = names
    try:
        kept = put_back(folder, course(), name)
    except OSError as error:
        return _refuse(f"can't write into {folder.absolute()}: {error.strerror}", "reset")
    yours = f". Your version is now {kept}" if kept else ""
    print(printable(f"{name} is as shipped{yours}. If it's open, choose File > Reload Notebook from Disk"))
    return 0


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
    os.environ.setdefault("PYTHONSTARTUP", str(Path(__file__).with_name("startup.py")))  # unless the user has their own
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
    """The address to open: the notebook, or on a first visit the first lesson with room for its picture next to it."""
    place = f"/tree/{quote(notebook)}"
    if notebook != LESSON:
        return f"/lab{place}"
    try:
        return f"/lab/workspaces/{first_visit(folder)}{place}"
    except (OSError, ValueError):  # it can't be saved
        return f"/lab{place}"


def _refuse(reason: str, command: str = "lab") -> int:
    print(f"jobqueue {command}: {printable(reason)}", file=sys.stderr)
    return 2
