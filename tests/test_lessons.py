"""What all lessons have in common: their beats, their card, cells one can read, working pieces for who is stuck."""

import re
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

from jobqueue.lab import check
from jobqueue.lab.lesson import carry_on, source
from jobqueue.reaper import Reaper

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted(path for path in NOTEBOOKS.glob("[01]?-*.ipynb") if not path.name.startswith("00"))
SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))

#: In this order, each at least once; a lesson may go round more than once. One may run before one predicts, or after.
FIRST, BEATS = {"Predict", "Run"}, ("Break", "See and name", "Repair", "Check", "Keep")

#: Checkers, and the name of what the learner writes for them.
PIECES = {
    "read": "read_after",
    "orphans": "find_orphans",
    "process": "process_one",
    "reaper": "reap_stale_jobs",
    "enqueue": "enqueue_job",
    "pick": "pick",
    "backoff": "backoff",
    "settle_failure": "settle_failure",
}


def cells(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def headings(path):
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    return re.findall(r"^## (.+)$", prose, re.MULTILINE)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
class TestALesson:
    def test_has_its_card(self, path):
        card = cells(path, "markdown")[0].source
        assert re.match(rf"# {path.stem[:2]} · ", card)
        minutes = int(re.search(r"\*\*(\d+) minutes\.\*\*", card)[1])
        assert 20 <= minutes <= 35
        assert len(re.findall(r"^- \*\*\w+", card, re.MULTILINE)) == 3, (
            "three objectives, each begins with a verb in bold"
        )
        assert re.search(r"Failures? on stage:.*F\d\d", card)
        assert "You need to know:" in card

    def test_has_its_beats_in_their_order(self, path):
        found = [heading.split(":")[0].split(" · ")[0] for heading in headings(path)]
        assert set(found[: found.index("Break")]) >= FIRST
        place = -1
        for beat in BEATS:
            assert beat in found[place + 1 :], f"no '## {beat}' after what comes before it"
            place = found.index(beat, place + 1)

    def test_has_what_a_learner_keeps(self, path):
        prose = "\n".join(cell.source for cell in cells(path, "markdown"))
        assert prose.count("<summary>Hint") >= 3
        assert "Three points" in prose
        assert "A question for any queue" in prose
        assert re.search(r"[\w.-]+/[\w.-]+#\d+", prose), "a real upstream issue"
        code = "\n".join(cell.source for cell in cells(path, "code"))
        assert len(re.findall(r"\bvote\(", code)) == 2, "a vote, and again on a new surface"
        assert "await open_world(" in cells(path, "code")[0].source
        assert "await world.close()" in cells(path, "code")[-1].source

    def test_can_be_read(self, path):
        code = [list(filter(str.strip, cell.source.splitlines())) for cell in cells(path, "code")]
        prose = [cell.source for cell in cells(path, "markdown")]
        assert len(code) + len(prose) <= 60
        assert max(map(len, code)) <= 18
        read = [lines for lines in code if not any("vote(" in line for line in lines)]
        assert sorted(map(len, read))[len(read) // 2] <= 4, "the median"
        assert max(len(line) for lines in code for line in lines) <= 120
        assert all(cell.outputs or cell.execution_count for cell in cells(path, "code")), "stored with its outputs"

    def test_what_moves_is_followed_by_what_does_not(self, path):
        """An ignored output proves nothing: some cell before the next heading prints a fact that is compared."""
        compared, since = [], 0
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                ignored = "nbval-ignore-output" in cell.metadata.get("tags", [])
                since = since + 1 if ignored else 0
                compared.append(not ignored)
                assert since <= 4, f"five cells in a row prove nothing, up to {cell.source[:60]!r}"
        assert sum(compared) >= 5


@pytest.mark.parametrize("checker", PIECES)
async def test_whoever_is_stuck_is_given_a_working_piece(checker, capsys):
    async def stub(redis, stream, group):
        raise NotImplementedError

    working = getattr(import_module(f"jobqueue.lab.solutions.{checker}"), PIECES[checker])
    stub.__name__ = PIECES[checker]
    assert await carry_on(getattr(check, checker)(stub)) is working
    assert "Not there yet" in capsys.readouterr().out
    assert await carry_on(getattr(check, checker)(working)) is working
    assert "Yours passes" in capsys.readouterr().out


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solution_is_one_truth_with_the_working_piece(path):
    code = "\n".join(cell.source for cell in cells(path, "code"))
    given = [name for name in PIECES if f"check.{name}(" in code]
    assert given, "it checks something"
    for name in given:
        own = source(getattr(import_module(f"jobqueue.lab.solutions.{name}"), PIECES[name])).text
        assert own in code


def test_each_lesson_with_an_exercise_has_a_solution():
    for path in LESSONS:
        code = "\n".join(cell.source for cell in cells(path, "code"))
        if "carry_on(" in code:
            assert (NOTEBOOKS / "solutions" / path.name).exists()


def test_source_shows_what_is_installed():
    assert "XPENDING" in repr(source("reap")) and "jobqueue/lua/reap.lua" in repr(source("reap"))
    assert repr(source(Reaper.run)).startswith("jobqueue/reaper.py · Reaper.run")
    assert "jobqueue/reaper.py" in source(Reaper.run)._repr_html_()
    with pytest.raises(ValueError, match="no script 'reaper'"):
        source("reaper")


def told(path):
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def test_the_glossary_has_each_failure_and_says_where_it_is_shown():
    rows = re.findall(r"^\| (F\d\d) \| .* \| ([\d, ]+) \|$", (NOTEBOOKS / "glossary.md").read_text(), re.MULTILINE)
    shown = dict(rows)
    written = {path.name[:2]: told(path) for path in [NOTEBOOKS / "00-start-here.ipynb", *LESSONS]}
    for lesson, text in written.items():
        card = text[: text.index("You need to know")]
        for failure in re.findall(r"F\d\d", card):
            assert lesson in shown.get(failure, ""), f"{failure} is on stage in {lesson}"
    for failure, lessons in rows:
        for lesson in lessons.split(", "):
            assert failure in written.get(lesson, failure), f"{failure} is not told in {lesson}"


@pytest.mark.parametrize("page", sorted(NOTEBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_leads_where_it_says(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target
