"""Estimate how long each lesson takes a learner, and compare it with what its card says.

python benchmarks/minutes.py
JOBQUEUE_HASTE=1 JOBQUEUE_VOTES=off python benchmarks/minutes.py --measure 03     # run it, and keep how long it waits

An estimate, not a rehearsal: 200 words per minute, 4 seconds per line of code, half a minute to choose in a vote, ten
minutes per exercise with its failed attempts, and the time in which cells run, from waits.json.
"""

import argparse
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
LESSONS = sorted((HERE.parent / "notebooks").glob("[01]?-*.ipynb"))
#: Seconds in which a lesson's cells ran, at a learner's pace, by the lesson's number.
WAITS = HERE / "waits.json"

WORDS_PER_MINUTE, SECONDS_PER_LINE, VOTE, EXERCISE = 200, 4, 0.5, 10

#: Parts of prose that aren't read: where links lead, and marks of HTML.
UNREAD = re.compile(r"\]\([^)]*\)|<[^>]*>")


@dataclass(frozen=True)
class Minutes:
    """A lesson's time by part, and what its card says."""

    reading: float
    code: float
    waits: float
    exercise: float
    card: int

    @property
    def total(self) -> float:
        return self.reading + self.code + self.waits + self.exercise


def estimate(path: Path) -> Minutes:
    """Raises KeyError for a lesson that hasn't been measured."""
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell for cell in cells if cell.cell_type == "code" and not folded(cell)]
    votes = [cell for cell in code if re.search(r"\bvote\(", cell.source)]
    lines = [line for cell in code if cell not in votes for line in cell.source.splitlines() if line.strip()]
    words = count_words("\n".join([prose, *(cell.source for cell in votes), *map(printed, code)]))
    return Minutes(
        reading=words / WORDS_PER_MINUTE + VOTE * len(votes),
        code=len(lines) * SECONDS_PER_LINE / 60,
        waits=json.loads(WAITS.read_text(encoding="utf-8"))[path.name[:2]] / 60,
        exercise=EXERCISE * ("\n## Repair" in prose),
        card=int(re.search(r"\*\*(\d+) minutes\.\*\*", prose)[1]),
    )


def count_words(text: str) -> int:
    return len(re.findall(r"\w[\w'’.-]*", UNREAD.sub(" ", text)))


def folded(cell) -> bool:
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def printed(cell) -> str:
    return "\n".join(output.get("text", "") for output in cell.outputs)


def measure(path: Path) -> None:
    """Run a lesson, and keep for how many seconds its cells ran."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    times = [cell.metadata["execution"] for cell in notebook.cells if cell.cell_type == "code"]
    begun, ended = ([read_time(each[name]) for each in times] for name in ("iopub.status.busy", "iopub.status.idle"))
    waits = json.loads(WAITS.read_text(encoding="utf-8")) if WAITS.exists() else {}
    waits[path.name[:2]] = round(sum((end - begin).total_seconds() for begin, end in zip(begun, ended, strict=True)))
    WAITS.write_text(json.dumps(dict(sorted(waits.items()))) + "\n", encoding="utf-8")


def read_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", nargs="+", default=[], metavar="NUMBER", help="run these lessons first")
    measured = parser.parse_args().measure
    for path in LESSONS:
        if path.name[:2] in measured:
            measure(path)
    table = Table("lesson", *(f"{name}, min" for name in ("reading", "code", "waits", "exercise", "total", "card")))
    for path in LESSONS:
        minutes = estimate(path)
        parts = (minutes.reading, minutes.code, minutes.waits, minutes.exercise, minutes.total)
        table.add_row(path.stem, *(f"{part:.1f}" for part in parts), str(minutes.card))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
