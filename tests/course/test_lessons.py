"""What all lessons have in common: their beats, their card, cells one can read, working pieces for who is stuck."""

import inspect
import re
import runpy
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import FunctionType

import nbformat
import pytest

from jobqueue.lab import check, solutions
from jobqueue.lab.course.lesson import carry_on, source
from jobqueue.lab.recording.frame import PelRow, WorldFrame
from jobqueue.lab.world import World
from jobqueue.reaper import Reaper

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
MINUTES = runpy.run_path(str(ROOT / "benchmarks" / "minutes.py"))
LESSONS = sorted(path for path in NOTEBOOKS.glob("[01]?-*.ipynb") if not path.name.startswith("00"))
#: Lessons 06 and 11 to 13 check what is no piece of a queue: a choice, an audit, an invariant, an adapter.
OTHER_CHECKS = r"examine\(account|on_trial\(|admit\(|sale\.check\("

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
    "weights": "draw_tier",
    "backoff": "backoff",
    "settle_failure": "settle_failure",
}


def cells(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def headings(path):
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    return re.findall(r"^## (.+)$", prose, re.MULTILINE)


def prose_and_code(path):
    return ["\n".join(cell.source for cell in cells(path, kind)) for kind in ("markdown", "code")]


def card_lacks(path):
    """What is wrong with the card, the first cell of a lesson: a line for each thing that its author forgot."""
    card = next((cell.source for cell in cells(path, "markdown")), "")
    if not card.startswith(title := f"# {path.stem[:2]} · "):
        yield f"a title that begins with {title!r}"
    minutes = re.search(r"\*\*(\d+) minutes\.\*\*", card)
    if not minutes or not 20 <= int(minutes[1]) <= 35:
        yield "how long it takes, from 20 to 35: '**25 minutes.**'"
    if len(re.findall(r"^- \*\*\w+", card, re.MULTILINE)) != 3:
        yield "three objectives, each begins with a verb in bold: '- **Find** a dead worker's jobs'"
    if not re.search(r"Failures? on stage:.*F\d\d", card):
        yield "'Failures on stage:' and their ids in glossary.md, 'F02'"
    if "You need to know:" not in card:
        yield "'You need to know:' and what"


def beats_lack(path):
    found = [heading.split(":")[0].split(" · ")[0] for heading in headings(path)]
    for beat in sorted(FIRST - set(found[: found.index("Break")] if "Break" in found else found)):
        yield f"'## {beat}', before '## Break'"
    place = -1
    for after, beat in pairwise(("Run", *BEATS)):
        if beat in found[place + 1 :]:
            place = found.index(beat, place + 1)
        else:
            yield f"'## {beat}', after '## {after}'"


def keep_lacks(path):
    prose, code = prose_and_code(path)
    first, *_, last = [cell.source for cell in cells(path, "code")] * 2 or ["", ""]
    there = {
        "three hints, each in <details><summary>Hint …": prose.count("<summary>Hint") >= 3,
        "'Three points'": "Three points" in prose,
        "'A question for any queue'": "A question for any queue" in prose,
        "a real upstream issue, 'owner/project#123'": re.search(r"[\w.-]+/[\w.-]+#\d+", prose),
        "two votes, before the experiment and on a new surface": len(re.findall(r"\bvote\(", code)) == 2,
        "'await open_world(' in its first cell": "await open_world(" in first,
        "'await world.close()' in its last cell": "await world.close()" in last,
    }
    yield from (words for words, found in there.items() if not found)


def reading_lacks(path):
    code = [list(filter(str.strip, cell.source.splitlines())) for cell in cells(path, "code")]
    if len(code) + len(cells(path, "markdown")) > 60:
        yield "brevity: at most 60 cells"
    yield from (f"brevity: at most 18 lines, in the cell {lines[0]!r}" for lines in code if len(lines) > 18)
    read = [lines for lines in code if not any("vote(" in line for line in lines)]
    if read and sorted(map(len, read))[len(read) // 2] > 4:
        yield "short cells: the median, votes aside, is at most 4 lines"
    yield from (f"a break in {line!r}: over 120 characters" for lines in code for line in lines if len(line) > 120)
    for cell in cells(path, "code"):
        if not (cell.outputs or cell.execution_count):
            yield f"the outputs of {cell.source[:60]!r}: python tests/store.py {path.name}"


def proof_lacks(path):
    """An ignored output proves nothing: some cell soon after it prints a fact that is compared."""
    compared, since = [], 0
    for cell in cells(path, "code"):
        ignored = "nbval-ignore-output" in cell.metadata.get("tags", [])
        since = since + 1 if ignored else 0
        compared.append(not ignored)
        if since > 4:
            yield f"a fact that does not move: five cells in a row prove nothing, up to {cell.source[:60]!r}"
    if sum(compared) < 5:
        yield "five cells whose output is compared, without the tag nbval-ignore-output"


RULES = (card_lacks, beats_lack, keep_lacks, reading_lacks, proof_lacks)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("lacks", RULES, ids=lambda rule: rule.__name__.split("_")[0])
def test_a_lesson_has_all_that_a_lesson_has(lacks, path):
    assert list(lacks(path)) == [], f"{path.name} lacks these; CONTRIBUTING.md, 'A lesson', says why"


def test_whoever_begins_a_lesson_is_told_all_that_it_lacks(tmp_path):
    """In words that say what to write: a walk met "'NoneType' object is not subscriptable"."""
    path = tmp_path / "11-scripts.ipynb"
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_markdown_cell("# Scripts"), nbformat.v4.new_code_cell("print(1)")]
    nbformat.write(notebook, path)
    told = "\n".join(line for rule in RULES for line in rule(path))
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "12-empty.ipynb")
    assert all(list(rule(tmp_path / "12-empty.ipynb")) for rule in RULES if rule is not reading_lacks)
    forgotten = ["'# 11 · '", "**25 minutes.**", "three objectives", "Failures on stage:", "You need to know:"]
    forgotten += [f"'## {beat}'" for beat in (*FIRST, *BEATS)]
    forgotten += ["three hints", "Three points", "A question for any queue", "upstream issue", "two votes"]
    forgotten += ["open_world(", "world.close()", "python tests/store.py 11-scripts.ipynb", "nbval-ignore-output"]
    assert [words for words in forgotten if words not in told] == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize("checker", PIECES)
async def test_whoever_is_stuck_is_given_a_working_piece(checker, capsys):
    async def stub(redis, stream, group):
        raise NotImplementedError

    working = getattr(import_module(f"jobqueue.lab.solutions.{checker}"), PIECES[checker])
    stub.__name__ = PIECES[checker]
    assert await carry_on(getattr(check, checker)(stub)) is working
    assert "Not there yet" in capsys.readouterr().out
    own = FunctionType(working.__code__, working.__globals__, working.__name__, working.__defaults__)
    assert await carry_on(getattr(check, checker)(own)) is own
    assert "Yours passes" in capsys.readouterr().out
    assert await carry_on(getattr(check, checker)(working)) is working  # its cell is run twice
    assert "works with the kit's" in capsys.readouterr().out


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solution_is_one_truth_with_the_working_piece(path):
    code = "\n".join(cell.source for cell in cells(path, "code"))
    given = [name for name in PIECES if f"check.{name}(" in code]
    assert given or re.search(OTHER_CHECKS, code), "it checks something"
    for name in given:
        own = source(getattr(import_module(f"jobqueue.lab.solutions.{name}"), PIECES[name])).text
        assert own in code


def test_each_lesson_with_an_exercise_has_a_solution():
    for path in LESSONS:
        if re.search(rf"carry_on\(|{OTHER_CHECKS}", prose_and_code(path)[1]):
            assert (NOTEBOOKS / "solutions" / path.name).exists(), f"its twin, solved: solutions/{path.name}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_piece_that_passed_can_be_kept_in_the_lesson_and_in_its_twin(path):
    for piece in re.findall(r"carry_on\(check\.\w+\((\w+)\)", prose_and_code(path)[1]):
        assert f"keep({piece})" in prose_and_code(path)[1]
        assert f"keep({piece})" in prose_and_code(NOTEBOOKS / "solutions" / path.name)[1]


def test_source_shows_what_is_installed():
    assert "XPENDING" in repr(source("reap")) and "jobqueue/lua/reap.lua" in repr(source("reap"))
    assert repr(source(Reaper.run)).startswith("jobqueue/reaper.py · Reaper.run")
    assert "jobqueue/reaper.py" in source(Reaper.run)._repr_html_()
    assert repr(source("reaper.Reaper.run")) == repr(source(Reaper.run))
    assert repr(source(NOTEBOOKS.parent / "jobqueue" / "keys.py")).startswith("jobqueue/keys.py\n\n")
    assert repr(source(solutions.mini)).startswith("jobqueue/lab/solutions/mini.py\n\n")
    for name in ("reaper", "reaper.Nobody", "no_such.Reaper"):
        with pytest.raises(ValueError, match=f"there is no .*{name}"):
            source(name)


def told(path):
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def test_the_glossary_has_each_failure_and_says_where_it_is_shown():
    rows = re.findall(
        r"^\| (F\d\d) \| .* \| ([\d, ]+) \|$", (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    shown = dict(rows)
    written = {path.name[:2]: told(path) for path in [NOTEBOOKS / "00-start-here.ipynb", *LESSONS]}
    for lesson, text in written.items():
        card, _, _ = text.partition("You need to know")
        for failure in re.findall(r"F\d\d", card):
            assert lesson in shown.get(failure, ""), f"{failure} is on stage in {lesson}"
    for failure, lessons in rows:
        for lesson in lessons.split(", "):
            assert failure in written.get(lesson, failure), f"{failure} is not told in {lesson}"


def test_the_instructors_page_has_each_vote_and_its_right_answer():
    page = (NOTEBOOKS / "instructor.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:\d\d(?:, )?)+): .*? \| ([A-D]) \|", page, re.MULTILINE)
    for path in LESSONS:
        code = "\n".join(cell.source for cell in cells(path, "code"))
        votes = re.findall(r"^(\w+) = vote\(", code, re.MULTILINE)
        right = [re.search(rf'\b{vote}\.reveal\([^)]*answer="(\w)"', code)[1] for vote in votes]
        assert [letter for lessons, letter in rows if path.name[:2] in lessons] == right, path.name


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_first_line_of_a_folded_cell_which_jupyterlab_shows_has_no_answer(path):
    folded = [cell.source for cell in cells(path, "code") if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert [source for source in folded if "answer=" in source.split("\n")[0]] == []


@pytest.mark.parametrize("path", MINUTES["LESSONS"], ids=lambda path: path.stem)
def test_a_card_says_how_long_the_lesson_takes_within_a_quarter(path):
    estimate = MINUTES["estimate"](path)
    assert abs(estimate.total - estimate.card) <= 0.25 * estimate.card, f"python benchmarks/minutes.py: {estimate}"


@pytest.mark.parametrize(("heading", "total"), [("90 minutes", 90), ("Half a day", 240), ("A day", 420)])
def test_the_instructors_timetables_add_up_and_have_slack(heading, total):
    page = (NOTEBOOKS / "instructor.md").read_text(encoding="utf-8")
    table = re.search(rf"^### {heading}.*?(?=^##)", page, re.MULTILINE | re.DOTALL)[0]
    rows = re.findall(r"^\| (\d+) \| (?:\[(\d\d) .*?\]\(.*?\))?(.*?) \|", table, re.MULTILINE)
    assert sum(int(each) for each, _, _ in rows) == total
    assert next(int(each) for each, _, words in rows if words == "slack") >= 10
    for each, lesson, _ in rows:
        if lesson:
            [path] = NOTEBOOKS.glob(f"{lesson}-*.ipynb")
            assert int(each) <= int(re.search(r"\*\*(\d+) minutes\.\*\*", told(path))[1])


def test_the_key_names_each_verb_of_a_world_and_its_fields_exist():
    page = (NOTEBOOKS / "key.md").read_text(encoding="utf-8")
    verbs = re.findall(r"self\.(\w+)[,\s=]", inspect.getsource(World._name_verbs).partition("pictures\n")[2])
    assert len(verbs) > 20
    assert [verb for verb in verbs if f"world.{verb}" not in page] == []
    fields = set(re.findall(r"`frame\.(\w+)", page))
    assert fields <= set(WorldFrame.__struct_fields__)
    assert set(re.findall(r"`row\.(\w+)", page)) <= set(PelRow.__struct_fields__)
    used = {name for path in LESSONS for name in re.findall(r"\bframe\.(\w+)", prose_and_code(path)[1])}
    assert used & set(WorldFrame.__struct_fields__) <= fields | {"t"}


def test_each_verb_of_a_world_is_named_in_prose_where_it_is_first_used():
    known, unnamed = set(), []
    for path in [NOTEBOOKS / "00-start-here.ipynb", *LESSONS]:
        prose, code = prose_and_code(path)
        used = set(re.findall(r"\bworld\.(?:faults\.)?(\w+)\(", code))
        unnamed += [(path.stem, verb) for verb in used - known if not re.search(rf"`(\w+\.)*{verb}\b", prose)]
        known |= used
        assert "key.md" in prose, f"{path.name} links the key to world"
    assert unnamed == []


@pytest.mark.parametrize("page", sorted(NOTEBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_leads_where_it_says(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target
