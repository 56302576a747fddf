"""The site's scripts and styles: the notebook's own panel and pictures as a plain script, and what hosts them here.

They're plain scripts, not modules, because a browser loads no module from a folder opened as files.
"""

import json
from pathlib import Path

from jobqueue.lab.site.ballots import VERDICTS

STATIC = Path(__file__).with_name("static")
VOTES = Path(__file__).parents[1] / "votes"


def write_scripts(folder: Path) -> None:
    """Write all that pages load into the site's static folder."""
    from plotly.offline import get_plotlyjs

    folder.mkdir(parents=True)
    panel = as_plain_script(_read(VOTES / "panel.js"), "jqVote")
    scripts = [
        panel,
        f"window.jqVerdicts = {json.dumps(VERDICTS)};",
        _read(STATIC / "votes.js"),
        _read(STATIC / "page.js"),
    ]
    (folder / "site.js").write_text("\n".join(scripts), encoding="utf-8")
    styles = [_read(VOTES / "panel.css"), _read(STATIC / "site.css")]
    (folder / "site.css").write_text("\n".join(styles), encoding="utf-8")
    (folder / "plotly.js").write_text(get_plotlyjs(), encoding="utf-8")


def as_plain_script(module: str, name: str) -> str:
    """A module with one default export as a script that puts the export into `window[name]`."""
    inside, export, value = module.rpartition("export default ")
    if not export or "import " in inside.split("\n", 1)[0]:
        raise ValueError("not a module with one default export")
    return f"(() => {{\n{inside}window.{name} = {value.strip().rstrip(';')};\n}})();"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
