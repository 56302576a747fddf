"""The source that Sphinx builds the site from: the checkout's pages and notebooks, in a folder of their own.

Each keeps its path in the repository, so that links between them work as they are. A notebook's votes become forms, its
outputs what a page can show, and below its title stands where to open it for real. No cell is run.
"""

import json
import posixpath
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jobqueue.errors import BadSetting
from jobqueue.lab.site.addresses import Addresses
from jobqueue.lab.site.ballots import VoteCell, read_reveal, read_vote
from jobqueue.lab.site.outputs import for_a_page, with_pages
from jobqueue.lab.site.playback import picture_of, player, write_playback
from jobqueue.lab.tab.gather import LESSONS

#: Pages that are no notebook, in the order of the site's contents.
PAGES = ("glossary", "key", "failures", "evidence", "troubleshooting", "explore-your-own", "past-one-machine")
FURTHER = ("doors", "instructor")

#: The checkout's notebooks as they are, for a reader to take away.
ORIGINALS = "originals"

#: Below the opening of a lesson whose exercise the tab can judge.
TRY = """

<p>When you get to the exercise, you can <a href="../tab/index.html#{checker}">write it in your browser</a>, and have it
checked there.</p>"""

#: Below the opening of a lesson that runs in the tab.
RUN = """

<p>You can <a href="../tab/lesson.html#{number}">run this lesson in your browser</a>, with nothing installed.</p>"""

CAPTION = "A recording of this lesson, run for real. In your own copy this picture is live."


def stage_course(root: Path, stage: Path, addresses: Addresses, pieces: dict[str, str]) -> None:
    """Write all pages but the first into `stage`. `pieces` has the checker of each lesson that the tab can judge."""
    for name in ("ARCHITECTURE.md", *(f"notebooks/{page}.md" for page in (*PAGES, *FURTHER))):
        copy(root, stage, name)
        page = stage / name
        page.write_text(with_doors(page.read_text(encoding="utf-8"), name, addresses), encoding="utf-8")
    for path in notebooks(root):
        name = path.relative_to(root).as_posix()
        copy(root, stage, name, f"{ORIGINALS}/{name}")
        book = json.loads(path.read_text(encoding="utf-8"))
        if checker := pieces.get(path.stem):
            book["cells"][0]["source"] = [*book["cells"][0]["source"], TRY.format(checker=checker)]
        if pieces and path.stem in LESSONS and path.parent.name == "notebooks":
            book["cells"][0]["source"] = [*book["cells"][0]["source"], RUN.format(number=path.stem[:2])]
        book["cells"] = list(_cells(book["cells"], name, stage, addresses))
        book["metadata"] = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).write_text(json.dumps(book), encoding="utf-8")


def notebooks(root: Path) -> list[Path]:
    """The lessons, the control room, and then the solutions."""
    folder = root / "notebooks"
    return [*sorted(folder.glob("*.ipynb")), *sorted((folder / "solutions").glob("*.ipynb"))]


def copy(root: Path, stage: Path, name: str, place: str = "") -> None:
    """Copy a file to its place in the stage: by default the one that it has in the checkout."""
    target = stage / (place or name)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(root / name, target)


def _cells(cells: Iterable[dict[str, Any]], name: str, stage: Path, addresses: Addresses) -> Iterator[dict[str, Any]]:
    votes: dict[str, VoteCell] = {}
    played: Counter[str] = Counter()
    lesson = Path(name).stem if "/solutions/" not in name else ""
    recordings = stage / "_static" / "recordings"
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            source = with_pages(source)
            yield cell | {"source": with_doors(source, name, addresses) if number == 0 else source}
        elif vote := read_vote(source):
            votes[vote.name] = vote
            yield from _in_two(cell, vote.before, vote.html())
        elif reveal := read_reveal(source):
            if reveal.name not in votes:
                raise BadSetting(f"{name} reveals {reveal.name!r}, and no cell above is its vote")
            yield from _in_two(cell, reveal.before, reveal.html(votes[reveal.name]))
        elif (verb := picture_of(source)) and (script := write_playback(recordings, lesson, verb, played[verb])):
            played[verb] += 1
            data = {"text/html": player(script, verb, CAPTION)}
            yield cell | {"outputs": [{"output_type": "display_data", "metadata": {}, "data": data}]}
        else:
            yield cell | {"outputs": [for_a_page(output) for output in cell["outputs"]]}


def _in_two(cell: dict[str, Any], before: str, html: str) -> Iterator[dict[str, Any]]:
    """The part of a cell above its vote, if there is one, and then the vote's own place."""
    if before:
        outputs = [for_a_page(output) for output in cell["outputs"] if output["output_type"] != "execute_result"]
        yield cell | {"source": before, "outputs": outputs}
    yield {"cell_type": "markdown", "id": f"{cell['id']}-vote", "metadata": {}, "source": html}


def with_doors(page: str, name: str, addresses: Addresses) -> str:
    """The page, or a notebook's first cell, with a line on where to open it below its title."""
    title, _, rest = page.partition("\n")
    is_notebook = name.endswith(".ipynb")
    machine = posixpath.relpath("notebooks/doors.md", posixpath.dirname(name))
    binder = addresses.binder(name if is_notebook else "")
    doors = [
        f"[Open in Binder]({binder})" if binder else f"Open in Binder ([no address is set]({machine}#binder))",
        f"[Run it yourself]({machine}#your-own-machine)",
    ]
    if is_notebook:
        doors.append(f"{{download}}`Download the notebook </{ORIGINALS}/{name}>`")
    return "\n".join([title, "", "{.jq-doors}", " · ".join(doors), "", rest])
