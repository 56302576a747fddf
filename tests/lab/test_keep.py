"""`keep`: a piece that passed goes into my_queue.py with all that it needs, and a learner's file is never lost."""

import importlib.util
import linecache
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "check"))
from animals import ANIMALS, animal

from jobqueue.lab import check, keep, my_queue, side_by_side, solutions
from jobqueue.lab.own import passed
from jobqueue.lab.own.definitions import gather
from jobqueue.lab.own.keep import checkers

BACKOFF = "def backoff(attempt, rng):\n    return rng.uniform(0, min(CAP, 2**attempt))"
FILE = Path("my_queue.py")


class HIGHEST:
    """A generator whose waits are the longest possible."""

    uniform = max


class Cells:
    """A notebook's cells, run as IPython runs them: each is a file of its own, and all are in `In`."""

    def __init__(self):
        self.values = {"__name__": "__main__", "In": [""]}

    def run(self, source):
        file = f"<cell {len(self.values['In'])} of {id(self)}>"
        linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
        self.values["In"].append(source)
        exec(compile(source, file, "exec"), self.values)

    def passes(self, source="", function="backoff", piece="backoff"):
        """Run a cell, and note its function as one that passed, as a checker does."""
        self.run(source)
        passed.remember(piece, self.values[function], "6,000 waits")
        return self.values[function]


@pytest.fixture
def cells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOBQUEUE_VOTES")
    monkeypatch.setattr(passed, "_passed", {})
    # Two versions of a file within one second, of one size, would share their bytecode.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Cells()


def files():
    return sorted(path.name for path in Path().iterdir())


def text():
    return FILE.read_text(encoding="utf-8")


def kept():
    """my_queue.py, imported as another notebook would import it."""
    spec = importlib.util.spec_from_file_location("my_queue", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_a_piece_that_passed_is_kept_with_its_constant(cells, capsys):
    cells.run(f"CAP = 60\n{BACKOFF}")
    assert (await check.backoff(cells.values["backoff"]).judge()).ok
    keep(cells.values["backoff"])
    assert capsys.readouterr().out == "backoff is kept in my_queue.py (6,000 waits, every rule held).\n"
    assert (await check.backoff(kept().backoff).judge()).ok
    lines = ["CAP = 60", "", "", *BACKOFF.splitlines(), "# ---- end of backoff"]
    assert text().splitlines()[4:] == lines


def test_keeping_it_again_changes_nothing_and_a_newer_one_takes_its_place(cells, capsys):
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    before = FILE.read_bytes()
    keep(cells.passes(BACKOFF))  # the cell was run again, and it's the same
    assert FILE.read_bytes() == before and "already, just as it is" in capsys.readouterr().out
    keep(cells.passes("CAP = 30"))
    assert kept().CAP == 30 and text().count("def backoff") == 1
    assert files() == ["my_queue.py"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("backoff = 7", "`keep` takes the function itself"),
        ("from jobqueue.lab.solutions import backoff", "This backoff is the kit's own"),
        ("def backoff(attempt, rng): ...", "check.backoff hasn't passed yet, so nothing was kept."),
        ("def backoff(attempt, rng): return 1", "check.backoff hasn't passed yet, so nothing was kept."),
        ("def wait(attempt, rng): ...\nbackoff = wait", "No checker has passed wait yet"),
        (
            "def f():\n    a = 1\n    def backoff(): return a\n    return backoff\nbackoff = f()",
            "what the code around it",
        ),
        ("backoff = lambda attempt, rng: 1", "No checker has passed <lambda> yet"),
    ],
)
def test_a_function_that_has_not_passed_is_not_kept(cells, source, words, capsys):
    cells.run(source)
    keep(cells.values["backoff"])
    assert words in capsys.readouterr().out and not FILE.exists()


def test_a_function_that_was_edited_since_it_passed_is_not_kept(cells, capsys):
    cells.passes(f"CAP = 60\n{BACKOFF}")
    cells.run("CAP = 600")
    keep(cells.values["backoff"])
    assert "passed another version of it" in capsys.readouterr().out and not FILE.exists()


def test_a_function_of_another_name_is_kept_under_the_name_that_its_checker_expects(cells):
    keep(cells.passes("CAP = 9\n" + BACKOFF.replace("def backoff", "def wait"), "wait"))
    assert kept().backoff(1, HIGHEST) == 2


NEEDS = {
    "an import": ("import math\nfrom builtins import min as least", "least(60, math.pow(2, attempt))"),
    "one name of an import of several": ("import os, math as m, json", "min(60, m.pow(2, attempt))"),
    "an import in another statement": ("try:\n    import math\nfinally:\n    pass", "min(60, math.pow(2, attempt))"),
    "a helper, and its constant": ("TOP = 60\ndef cap(n):\n    return min(TOP, n)", "cap(2**attempt)"),
    "a decorator": (
        "def least(f):\n    return lambda n: min(60, f(n))\n@least\ndef cap(n):\n    return n",
        "cap(2**attempt)",
    ),
    "a closure": ("def make(n):\n    return lambda x: min(n, x)\ncap = make(60)", "cap(2**attempt)"),
    "a lambda": ("cap = lambda n: min(60, n)", "cap(2**attempt)"),
    "classes": (
        "class A:\n    top = 60\nclass B(A):\n    def cap(self, n): return min(self.top, n)",
        "B().cap(2**attempt)",
    ),
    "a text of several lines": ('TEXT = """\nif 1 then\nreturn 2\n"""', "min(60, 2**attempt if 'then' in TEXT else 1)"),
    "a value that was computed": ("TOP = 2 * 30\nTOP = int(TOP)", "min(TOP, 2**attempt)"),
    "an object": ("import re\nDIGITS = re.compile('[0-9]')", "min(60, 2**attempt if DIGITS.match('1') else 1)"),
    "two names at once": ("TOP, BASE = 60, 2", "min(TOP, BASE**attempt)"),
    "functions that call each other": (
        "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)",
        "min(60, 2**attempt if even(2) else 1)",
    ),
}


@pytest.mark.parametrize("need", NEEDS)
async def test_it_takes_along(need, cells):
    source, bound = NEEDS[need]
    cells.run(source)
    keep(cells.passes(f"def backoff(attempt, rng):\n    return rng.uniform(0, {bound})"))
    assert (await check.backoff(kept().backoff).judge()).ok
    assert "lab" not in text() and "json" not in text()


def test_it_is_laid_out_as_one_writes_it(cells):
    cells.run('import math\nTOP = 60\nBASE = 2\nTEXT = """\nhigh\n"""\ndef cap(n): return min(TOP, n)')
    keep(cells.passes("def backoff(attempt, rng):\n    return cap(math.pow(BASE, attempt)), TEXT"))
    assert text().partition("6,000 waits")[2].partition("\n")[2] == (
        "import math\n\nTOP = 60\n\n\ndef cap(n): return min(TOP, n)\n\n\n"
        'BASE = 2\n\nTEXT = """\nhigh\n"""\n\n\n'
        "def backoff(attempt, rng):\n    return cap(math.pow(BASE, attempt)), TEXT\n# ---- end of backoff\n"
    )


def test_it_says_what_it_could_not_take_along(cells, capsys):
    """On a line that no check reaches: on any other, the checker refuses the function."""
    cells.run("from jobqueue.lab import open_world\nfor box in [object()]: pass\nCAP = 60")
    keep(cells.passes(f"{BACKOFF} if attempt else open_world(box, nothing)"))
    words = capsys.readouterr().out
    assert words.endswith(
        "It couldn't take `open_world` (of the lab), `box` (object) and `nothing` (not defined) along.\n"
    )
    assert kept().backoff(1, HIGHEST) == 2


def test_a_piece_that_fails_by_itself_is_not_kept(cells, capsys):
    cells.run("for box in [object()]: pass")
    keep(cells.passes("def backoff(attempt, rng, cap=box): return 1"))
    words = "backoff was not kept. It fails outside this notebook (NameError: name 'box' is not defined)."
    assert words in capsys.readouterr().out and not FILE.exists()


def test_every_animal_of_the_zoo_can_be_written_down():
    for path in ANIMALS:
        _, function, _ = animal(path)
        definitions, values = gather(function), {}
        exec(definitions.text, values)
        assert definitions.missing == (), path
        assert values[function.__name__].__code__.co_code == function.__code__.co_code, path


def test_a_file_that_was_edited_by_hand_is_not_lost(cells, capsys):
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    mine = text().replace("CAP = 60", "CAP = 59  # mine")
    for cap, copy in enumerate(["my_queue.before.py", "my_queue.before2.py"]):
        FILE.write_text(mine, encoding="utf-8")
        keep(cells.passes(f"CAP = {cap}"))
        assert f"so {copy} is a copy of that file" in capsys.readouterr().out
        assert Path(copy).read_text(encoding="utf-8") == mine and cap == kept().CAP


def test_text_around_the_pieces_stays_as_it_is(cells):
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    FILE.write_text("# before\n" + text() + "\nMINE = 1  # and more", encoding="utf-8")
    keep(cells.passes("CAP = 30"))
    keep(cells.passes("def pick(heads):\n    return max(heads)", "pick", "pick"))
    assert text().startswith("# before\n") and "\nMINE = 1  # and more\n" in text()
    assert kept().pick(["low"]) == "low" and kept().CAP == 30 and files() == ["my_queue.py"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"def f(:\n", "my_queue.py isn't Python (line 1: invalid syntax). It stays as it is."),
        (b"\xff\xfe", "my_queue.py isn't a text file. It stays as it is."),
        (b"CAP = 2 * 30\n", "my_queue.py has another `CAP` already, so nothing was kept."),
        (b"def backoff(): ...\n", "my_queue.py has another `backoff` already, so nothing was kept."),
    ],
)
def test_a_file_that_cannot_take_a_piece_stays_as_it_is(cells, content, words, capsys):
    FILE.write_bytes(content)
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    assert capsys.readouterr().out.startswith(words)
    assert FILE.read_bytes() == content and files() == ["my_queue.py"]


def test_a_place_where_no_file_can_be_written_is_named_in_one_line(cells, capsys):
    FILE.mkdir()
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    assert (
        capsys.readouterr().out
        == "my_queue.py can't be read: Is a directory. It stays as it is. Mend it, or move it away.\n"
    )


def test_two_pieces_may_share_a_constant_but_not_its_name_alone(cells, capsys):
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    keep(cells.passes("def pick(heads):\n    return CAP", "pick", "pick"))
    cells.run("CAP = 7")
    keep(cells.passes("def process_one():\n    return CAP", "process_one", "process_one"))
    assert "has another `CAP` already" in capsys.readouterr().out
    assert "process_one" not in vars(kept()) and kept().pick("x") == 60


def test_my_queue_names_the_origin_of_each_piece(cells, capsys):
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    with FILE.open("a", encoding="utf-8") as file:
        file.write("\n\ndef pick(heads):\n    return max(heads)\n")
    capsys.readouterr()
    mine = my_queue()
    assert mine.reap_stale_jobs is solutions.reap_stale_jobs and mine.backoff(1, HIGHEST) == 2
    assert capsys.readouterr().out.splitlines() == [
        "read_after      · the kit's (you write it in lesson 01)",
        "find_orphans    · the kit's (you write it in lesson 02)",
        "reap_stale_jobs · the kit's (you write it in lesson 03)",
        "process_one     · the kit's (you write it in lesson 04)",
        "enqueue_job     · the kit's (you write it in lesson 05)",
        "pick            · yours, from my_queue.py, and not checked since you edited it",
        "draw_tier       · the kit's (you write it in lesson 08)",
        "backoff         · yours, from my_queue.py (check.backoff: 6,000 waits)",
        "settle_failure  · the kit's (you write it in lesson 10)",
    ]


@pytest.mark.parametrize("content", ["def f(:", "import no_such_module", "1 / 0"])
def test_a_file_that_cannot_be_imported_leaves_the_kits_pieces(cells, content, capsys):
    FILE.write_text(content, encoding="utf-8")
    assert my_queue().pick is solutions.pick
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("my_queue.py ") and first.endswith("Until then you work with the kit's pieces.")
    assert len(others) == len(checkers())


async def test_a_kept_piece_is_checked_and_explored_like_one_in_a_cell(cells):
    cells.run("from pathlib import Path")
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    assert (await check.backoff(my_queue().backoff).judge()).ok


def test_a_piece_stands_next_to_its_twin_in_the_mini(cells):
    assert repr(side_by_side("backoff")).startswith("the kit's, until you keep yours\n\ndef backoff")
    keep(cells.passes(f"CAP = '<b>'\n{BACKOFF}"))
    pair = side_by_side("backoff")
    assert repr(pair).startswith("yours · my_queue.py\n\nCAP = '<b>'")
    assert "the mini · mini.py\n\nLONGEST_WAIT = 60" in repr(pair)
    page = pair._repr_html_()
    assert page.count('<div class="jq-pair"><div>') == 1 and "<b>" not in page
    own, twin = page.split("the mini · mini.py")
    assert [each.count('class="line"') for each in (own, twin)] == [5, 5]
    with pytest.raises(ValueError, match="the mini has no"):
        side_by_side("reaper")


def test_under_test_nothing_is_written_where_the_notebook_is(cells, monkeypatch):
    monkeypatch.setenv("JOBQUEUE_VOTES", "off")
    keep(cells.passes(f"CAP = 60\n{BACKOFF}"))
    assert files() == []
