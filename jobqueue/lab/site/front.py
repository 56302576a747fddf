"""The site's first page, made from the README's best parts, and the contents of the whole site."""

import re
from collections.abc import Iterable
from pathlib import Path

from jobqueue.errors import BadSetting
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.site.addresses import Addresses
from jobqueue.lab.site.playback import player, read_frames, write_frames
from jobqueue.lab.site.stage import FURTHER, PAGES, notebooks, with_doors

#: The README's sections that follow the recording. They keep their names there.
SECTIONS = ("The course", "Checkers: your own code, in every order, with every crash")

OPENING = """A course on how a job queue really works. You kill a real worker with `kill -9`, watch its jobs turn into
orphans in Redis, and see another worker bring them back.

{.jq-hero}
[Start with one `kill -9`](notebooks/00-start-here.ipynb)
[Play: lose a job](notebooks/play.md)"""

TAB = '<a href="tab/index.html">Check your own code</a>'

MORE = """The course is a set of Jupyter notebooks, and the small but complete queue on Redis Streams that they take
apart. The bugs you write yourself are the concepts you never forget. On this site you can read every lesson, vote, and
play recordings of real runs, with nothing installed."""

LESSON = "00-start-here"

CAPTION = (
    "A real run, recorded: one worker is killed with `kill -9`. Its jobs stay behind as orphans until their lease is "
    "over. Then a reaper gives them back to the queue, and another worker runs them again."
)

#: Seconds of the recording that play before the kill, and after the last orphan has gone.
BEFORE, AFTER = 4, 6

COMMANDS = """## Run it yourself

On your own machine you kill real workers, and the checkers judge your own code. You need Python 3.11 or newer, on
Linux or macOS (on Windows, use WSL). You don't have to set up Redis, because a private server comes along.

```sh
{clone}
python3 -m venv venv && . venv/bin/activate
pip install -e '.[lab]' && jobqueue lab
```

Binder, Codespaces, a JupyterHub and more: [where to open the course](notebooks/doors.md)."""


def write_front(root: Path, stage: Path, addresses: Addresses, tab: bool) -> None:
    """Write the first page, and the recording that plays on it. With `tab`, it leads to that page, too."""
    write_frames(stage / "_static" / "recordings", "front", "machine", _excerpt(read_frames(LESSON)))
    page = f"{_welcome(root, addresses, tab)}\n\n{_contents(root)}"
    (stage / "index.md").write_text(page, encoding="utf-8")


def _excerpt(frames: list[WorldFrame]) -> list[WorldFrame]:
    """The frames around the time in which there are orphans."""
    orphaned = [frame.t for frame in frames if frame.orphans]
    if not orphaned:
        raise BadSetting(f"the recording of {LESSON} shows no orphan, so the site's first page has nothing to play")
    return [frame for frame in frames if orphaned[0] - BEFORE <= frame.t <= orphaned[-1] + AFTER]


def _welcome(root: Path, addresses: Addresses, tab: bool) -> str:
    opening, *rest = re.split(r"^## ", (root / "README.md").read_text(encoding="utf-8"), flags=re.M)
    sections = {title.strip(): body for title, _, body in (part.partition("\n") for part in rest)}
    if missing := [title for title in SECTIONS if title not in sections]:
        raise BadSetting(f"the README has no section {missing[0]!r}, which the site's first page is made of")
    clone = f"git clone {addresses.repository} course && cd course" if addresses.repository else "cd your-checkout"
    recording = player("front", "machine", CAPTION, starts_itself=True)
    course, *others = (f"## {title}\n{sections[title].rstrip()}" for title in SECTIONS)
    title = opening.partition("\n")[0]
    opening = f"{OPENING}\n{TAB}" if tab else OPENING
    parts = [title, opening, recording, MORE, course, COMMANDS.format(clone=clone), *others]
    return with_doors("\n\n".join(parts), "index.md", addresses)


def _contents(root: Path) -> str:
    names = [path.relative_to(root).with_suffix("").as_posix() for path in notebooks(root)]
    solutions = [name for name in names if "/solutions/" in name]
    parts = {
        "Lessons": [name for name in names if name not in solutions],
        "Play": ["notebooks/play"],
        "To look up": [f"notebooks/{page}" for page in PAGES],
        "More": ["ARCHITECTURE", *(f"notebooks/{page}" for page in FURTHER)],
        "Solutions": solutions,
    }
    return "\n\n".join(_tree(caption, pages) for caption, pages in parts.items() if pages)


def _tree(caption: str, pages: Iterable[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])
