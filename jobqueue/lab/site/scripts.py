"""The site's scripts and styles: the notebook's own panel and pictures as a plain script, and what hosts them here.

They're plain scripts, not modules, because a browser loads no module from a folder opened as files.
"""

import json
import re
from pathlib import Path

from jobqueue.lab.pictures.base.markup import styles
from jobqueue.lab.site.ballots import VERDICTS
from jobqueue.lab.site.playback import VIEWS

STATIC = Path(__file__).with_name("static")
VOTES = Path(__file__).parents[1] / "votes"


def write_scripts(folder: Path) -> None:
    """Write all that pages load into the site's static folder."""
    from plotly.offline import get_plotlyjs

    folder.mkdir(parents=True, exist_ok=True)
    panel = as_plain_script(_read(VOTES / "panel.js"), "jqVote")
    words = f"window.jqVerdicts = {json.dumps(VERDICTS)};"
    scripts = [panel, words, _pictures(), *(_read(STATIC / name) for name in ("votes.js", "page.js", "player.js"))]
    (folder / "site.js").write_text("\n".join(scripts), encoding="utf-8")
    sheets = dict.fromkeys(sheet for view in VIEWS.values() for sheet in view.STYLES)
    parts = [_read(VOTES / "panel.css"), styles(*sheets), _read(STATIC / "site.css")]
    (folder / "site.css").write_text("\n".join(parts), encoding="utf-8")
    (folder / "plotly.js").write_text(get_plotlyjs(), encoding="utf-8")


def as_plain_script(module: str, name: str) -> str:
    """A module with one default export as a script that puts the export into `window[name]`."""
    plain, exports = re.subn(r"^export default ", f"window.{name} = ", module, flags=re.M)
    if exports != 1:
        raise ValueError(f"a module with {exports} default exports")
    return f"(() => {{\n{plain}\n}})();"


def _pictures() -> str:
    """The pictures' own scripts, by the verbs of `world` that show them."""
    machine = as_plain_script(styles("base/live.js", "machine/machine_tip.js", "machine/machine.js"), "jqMachine")
    others = as_plain_script(styles("base/live.js"), "jqLive")
    table = ", ".join(f"{verb}: {'jqMachine' if verb == 'machine' else 'jqLive'}" for verb in VIEWS)
    return f"{machine}\n{others}\nwindow.jqPictures = {{ {table} }};"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
