"""Rules that hold for every file of ours, read from its source: what a machine's settings may not change."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = sorted((ROOT / "jobqueue").rglob("*.py"))
FILES = [path for folder in ("jobqueue", "tests", "benchmarks", "binder") for path in (ROOT / folder).rglob("*.py")]
FILES += sorted(ROOT.glob("*.py"))

#: Where the mode of each stands among its arguments, and the encoding of those that have no mode.
MODES = {"open": 1, "fdopen": 1, "NamedTemporaryFile": 0, "TemporaryFile": 0}
TEXTS = {"read_text": 0, "write_text": 1}

PROCESSES = ("run", "Popen", "check_output", "Leashed", "python")


def calls(source):
    """(name, call) for each call in `source`, but not for one that is awaited: no file is opened by that."""
    tree = ast.parse(source)
    awaited = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Await)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in awaited:
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""), node


def mode(name, call):
    """The mode that a call opens a file with; "" if it opens none, or its mode can't be read here."""
    at = MODES[name] - (name == "open" and isinstance(call.func, ast.Attribute) and method_of_a_path(call))
    given = [word.value for word in call.keywords if word.arg == "mode"] + call.args[at : at + 1]
    if given:
        return given[0].value if isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) else ""
    return "w+b" if name.endswith("File") else "r" if not call.args or isinstance(call.func, ast.Name) else ""


def method_of_a_path(call):
    """`path.open("w")`, unlike `gzip.open(path, "w")` and `os.open(path, flags)`."""
    return getattr(call.func.value, "id", "") not in ("gzip", "os", "io", "tarfile", "zipfile", "lzma", "bz2")


def opens_a_queue(call):
    """`queue.open()` and `self.queue.open()`, where no file is opened."""
    owner = getattr(call.func, "value", None)
    return "queue" in (getattr(owner, "id", ""), getattr(owner, "attr", ""))


def locale_bound(source):
    """The lines of `source` that read or write text in whatever encoding the machine prefers."""
    for name, call in calls(source):
        given = {word.arg for word in call.keywords}
        text = name in TEXTS and len(call.args) <= TEXTS[name]
        text |= name in MODES and not opens_a_queue(call) and bool(re.fullmatch(r"[rwaxt+]+", mode(name, call)))
        text |= name in PROCESSES and not given.isdisjoint({"text", "universal_newlines"})
        if text and "encoding" not in given and None not in given:
            yield call.lineno


def in_files(files, look):
    """The places in these files that `look` finds in a source."""
    return [f"{path.relative_to(ROOT)}:{line}" for path in files for line in look(path.read_text(encoding="utf-8"))]


def test_text_is_read_and_written_as_utf_8_on_every_machine():
    assert in_files(FILES, locale_bound) == []


BOUND = """
p.read_text()
p.write_text("x")
open("x")
open("x", "w")
p.open()
p.open("a")
p.open(mode="r")
os.fdopen(3, "w")
NamedTemporaryFile("w")
run(c, text=True)
subprocess.Popen(c, universal_newlines=True)
"""
FREE = """
p.read_text(encoding="utf-8")
p.write_text("x", "utf-8")
open("x", "rb")
p.open("wb")
os.open("x", 0)
gzip.open("x", "rb")
NamedTemporaryFile()
run(c, encoding="utf-8")
network.open(name)
async def f(): await thing.open()
lambda queue: queue.open()
"""


@pytest.mark.parametrize("line", BOUND.split("\n")[1:-1])
def test_a_line_that_would_follow_the_locale_is_noticed(line):
    assert list(locale_bound(line)) == [1]


@pytest.mark.parametrize("line", FREE.split("\n")[1:-1])
def test_a_line_that_names_its_encoding_is_let_pass(line):
    assert list(locale_bound(line)) == []


def dropped(source):
    """The lines that `python -OO` drops, or that use what it drops. (An assert in a lesson's text is the learner's.)"""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "attr", getattr(node, "id", ""))
        if isinstance(node, ast.Assert) or name in ("__doc__", "getdoc"):
            yield node.lineno


def test_no_work_is_done_by_an_assert_or_a_docstring():
    assert in_files(PACKAGE, dropped) == []
    assert list(dropped("assert x\nprint(__doc__)\nprint(f.__doc__)")) == [1, 2, 3]
