"""One shape per checker piece: the same files in each folder, nothing written twice, and diagnoses in plain words."""

import ast
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import pytest

from jobqueue.lab import check
from jobqueue.lab.check.ideas import Ideas, Remarks

PIECES = Path(check.__file__).parent / "pieces"
FOLDERS = sorted(path for path in PIECES.iterdir() if path.is_dir() and path.name != "__pycache__")
FILES = {"__init__.py", "cases.py", "worlds.py", "judge.py", "ideas.py"}


def helpers(path):
    """(name, body) of each function in a file, without its docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, "\n".join(map(ast.dump, body))


def written_twice(folders):
    """The names of helpers that several folders define with the same body."""
    places = defaultdict(set)
    for folder in folders:
        for path in folder.glob("*.py"):
            for helper in helpers(path):
                places[helper].add(folder.name)
    return sorted(name for (name, _), where in places.items() if len(where) > 1)


def ideas_of(folder):
    """{name: (failure, words)} of all ideas of a piece."""
    module = import_module(f"jobqueue.lab.check.pieces.{folder.name}.ideas")
    return next(thing for thing in vars(module).values() if isinstance(thing, Ideas))._words


def test_each_checker_has_a_folder():
    assert [folder.name for folder in FOLDERS] == sorted(check.__all__[1:])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_folder_has_the_same_files(folder):
    names = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    assert names <= FILES and {"__init__.py", "cases.py", "judge.py", "ideas.py"} <= names


def test_no_helper_is_written_in_two_pieces():
    assert written_twice(FOLDERS) == []


def test_a_helper_that_two_pieces_share_is_noticed(tmp_path):
    for name, docstring in (("ants", '"""Count ants."""'), ("bees", '"""Count bees."""')):
        (tmp_path / name).mkdir()
        source = f"def count(jobs):\n    {docstring}\n    return len(jobs)\n\ndef own():\n    return {name!r}\n"
        (tmp_path / name / "judge.py").write_text(source, encoding="utf-8")
    assert written_twice(tmp_path.iterdir()) == ["count"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_diagnosis_says_what_followed_and_asks_nothing(folder):
    for bug, (_, words) in ideas_of(folder).items():
        assert words.endswith((".", "{}", ")")) and "?" not in words, bug
        assert "so " in words.lower() or "{} the " in words, bug


def test_facts_go_where_their_place_is_or_in_front():
    ideas = Ideas("""
ghost (F04): Your function adds {}. So it
    runs.
lost: So the job is gone.
""")
    assert ideas("ghost", "nothing").words == "Your function adds nothing. So it runs."
    assert ideas("lost", "It died.").words == "It died. So the job is gone."
    assert (ideas("ghost").failure, ideas("lost").failure) == ("F04", None)
    assert "lost" in ideas and "found" not in ideas
    remark = Remarks("half a script: It stops at {}.")("half a script", "`XADD`")
    assert (remark.words, remark.doubles) == ("It stops at `XADD`.", False)
    assert Remarks("late: The job runs twice.")("late").doubles
