"""The course as a workshop needs it: beats, votes and exercises, read from the notebooks without running them.

What learners get wrong, and what to ask back, come from the instructor's page, so they're written in one place.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from jobqueue.lab.site.ballots import VoteCell, read_reveal, read_vote

#: A row of the instructor's table: lessons, the vote, the right letter, the wrong idea, what to ask back.
_ROW = re.compile(r"^\| (\d\d(?:, \d\d)*): .*? \| [A-Z] \| \*?(.*?)\*? \| (.*?) \|$", re.M)


class LessonVote(msgspec.Struct, frozen=True):
    """A vote of a lesson. `right` is the number of the right option, `did` the outcome in a few words."""

    vote: str
    question: str
    options: list[str]
    right: int
    did: str
    wrong_idea: str
    ask_back: str


class LessonPlan(msgspec.Struct, frozen=True):
    """A lesson. `beats` are its headings, `minutes` what its card says, `exercise` its checker's name, or ""."""

    number: str
    title: str
    minutes: int
    beats: list[str]
    votes: list[LessonVote]
    exercise: str


class _Notebook(msgspec.Struct):
    class Cell(msgspec.Struct):
        cell_type: str
        source: str | list[str]

    cells: list[Cell]

    def texts(self, kind: str) -> list[str]:
        return ["".join(cell.source) for cell in self.cells if cell.cell_type == kind]


def read_plan(course: Path) -> list[LessonPlan]:
    """Read all lessons of the course in this folder, in their order."""
    page = (course / "instructor.md").read_text(encoding="utf-8")
    return [_read_lesson(path, page) for path in sorted(course.glob("[0-9][0-9]-*.ipynb"))]


def _read_lesson(path: Path, page: str) -> LessonPlan:
    notebook = msgspec.json.decode(path.read_bytes(), type=_Notebook)
    prose, code = "\n".join(notebook.texts("markdown")), notebook.texts("code")
    number = path.name[:2]
    title = re.search(r"^# \d\d · (.+)$", prose, re.M)
    minutes = re.search(r"\*\*(\d+) minutes\.\*\*", prose)
    exercise = re.search(r"^await check\.(\w+)\(", "\n".join(code), re.M)
    return LessonPlan(
        number,
        _plain(title[1]) if title else path.stem,
        int(minutes[1]) if minutes else 0,
        [_plain(heading) for heading in re.findall(r"^## (.+)$", prose, re.M)],
        list(_read_votes(code, [row[1:] for row in _ROW.findall(page) if number in row[0].split(", ")])),
        exercise[1] if exercise else "",
    )


def _read_votes(code: list[str], rows: list[tuple[str, str]]) -> Iterator[LessonVote]:
    asked: dict[str, VoteCell] = {}  # by the name of the variable
    for source in code:
        if vote := read_vote(source):
            asked[vote.name] = vote
        elif (reveal := read_reveal(source)) and reveal.name in asked:
            vote = asked.pop(reveal.name)
            right = list(vote.options).index(reveal.answer or vote.answer)
            wrong_idea, ask_back = rows.pop(0) if rows else ("", "")
            options = list(vote.options.values())
            yield LessonVote(vote.vote_id, vote.question, options, right, reveal.did, wrong_idea, ask_back)


def _plain(heading: str) -> str:
    return heading.replace("`", "").strip()
