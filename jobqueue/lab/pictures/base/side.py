"""The panel at the right in JupyterLab: a lesson's picture next to the cells you run, one picture at a time."""

import sys
from typing import Any

_panel: Any = None  # the one that's open, as far as we know


def show_aside(view: dict[str, Any]) -> None:
    """Open a widget in the panel, in place of the one before. `view` is its output.

    Where there's no such panel, as in VS Code, Colab and nbval, the picture stays in its cell.
    """
    global _panel
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not getattr(shell, "kernel", None) or "__vsc_ipynb_file__" in shell.user_ns or "google.colab" in sys.modules:
        return
    try:
        from sidecar import Sidecar
    except ImportError:  # an installation made before the kit needed it
        return
    if _panel:
        _panel.close()
    _panel = Sidecar(title="The picture", anchor="split-right")
    _panel.outputs = ({"output_type": "display_data", "data": view, "metadata": {}},)
