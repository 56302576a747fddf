"""The site's first page, made from the README's best parts, and the contents of the whole site."""

import re
from collections.abc import Iterable
from pathlib import Path

from jobqueue.errors import BadSetting
from jobqueue.lab.site.stage import FURTHER, PAGES, notebooks

#: Of the README: these sections, in this order. What comes before the first heading opens the page.
SECTIONS = ("The course", "Two commands", "Checkers: your own code, in every order, with every crash")

DOORS = """{.jq-hero}
[Start with one `kill -9`](notebooks/00-start-here.ipynb)
[Play: lose a job](notebooks/play.md)
[Run it yourself](notebooks/doors.md)"""


def write_front(root: Path, stage: Path) -> None:
    """Write the first page."""
    (stage / "index.md").write_text(f"{_welcome(root)}\n\n{_contents(root)}", encoding="utf-8")


def _welcome(root: Path) -> str:
    opening, *rest = re.split(r"^## ", (root / "README.md").read_text(encoding="utf-8"), flags=re.M)
    sections = {title.strip(): body for title, _, body in (part.partition("\n") for part in rest)}
    if missing := [title for title in SECTIONS if title not in sections]:
        raise BadSetting(f"the README has no section {missing[0]!r}, which the site's first page is made of")
    opening = re.sub(
        r"<!-- doors -->.*?<!-- /doors -->\n|^\[?!\[[^\n]*shields\.io[^\n]*\n", "", opening, flags=re.S | re.M
    )
    title, _, words = opening.partition("\n")
    words, _, picture = words.partition("\n![")
    parts = [title, words.strip(), DOORS, f"![{picture.strip()}"]
    parts += [f"## {title}\n{sections[title].rstrip()}" for title in SECTIONS]
    return "\n\n".join(parts)


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
