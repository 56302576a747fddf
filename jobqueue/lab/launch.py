"""Open JupyterLab at the course: `jobqueue lab`."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

#: Where the course stands in a checkout, and in an editable install, which is one.
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

#: Jupyter's settings for the course: no popup with Jupyter's news over the first page; and what a live picture sends
#: after its tab was closed is not kept in memory for a reader who may never return.
SETTINGS = Path(__file__).with_name("jupyter")


def launch(notebook: str = "00-start-here.ipynb", folder: Path | None = None, extra_args: Sequence[str] = ()) -> int:
    """Become JupyterLab, open at `notebook`; returns only, with exit code 2 and one line on stderr, if that cannot be.

    Args:
        folder (Path): what JupyterLab shows as its root; the checkout's notebooks by default.
        extra_args (Sequence[str]): more of JupyterLab's options, such as `--no-browser`; they win over ours.
    """
    folder = Path(folder or NOTEBOOKS).absolute()
    if not find_spec("jupyterlab"):
        return _refuse("JupyterLab is not installed here; in a checkout of jobqueue-kit: pip install -e '.[lab]'")
    if not (folder / notebook).is_file():
        return _refuse(
            f"there is no {folder / notebook}; the notebooks come with a checkout: "
            "git clone jobqueue-kit, and in it pip install -e '.[lab]'"
        )
    os.environ |= {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")])),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not one the user once registered
    }
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command.append(f"--LabApp.default_url=/lab/tree/{quote(notebook)}")  # also in the address it prints
    if os.geteuid() == 0:
        command.append("--allow-root")  # in a container; Jupyter refuses without it
    sys.stdout.flush()
    os.execv(sys.executable, [*command, *extra_args])  # Ctrl-C, signals and the exit code are JupyterLab's own


def _refuse(reason: str) -> int:
    print(f"jobqueue lab: {reason}", file=sys.stderr)
    return 2
