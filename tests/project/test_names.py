"""One name, one meaning: no two public classes of the package have the same name.

Names are read from the source, so nothing is imported here.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "jobqueue"


def public_classes(source):
    """The names of a module's public classes, with those inside other classes and functions."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def test_no_two_public_classes_have_the_same_name():
    places = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for name in public_classes(path.read_text(encoding="utf-8")):
            places[name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_a_class_inside_another_counts_and_a_private_one_does_not():
    source = "class A:\n    class B: ...\ndef f():\n    class C: ...\nclass _D: ...\nE = A"
    assert sorted(public_classes(source)) == ["A", "B", "C"]


#: Participles and pronouns that name nothing: a function is a verb (`parse`), a value a noun (`address`).
VAGUE = {"found", "said", "seen", "told", "what", "who", "whoever"}


def vague_names(source):
    """Names that a module gives to a function, class, argument or value, and that have a vague word in them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.arg):
            name = node.arg
        else:
            continue
        if VAGUE & set(name.lower().split("_")) or name.endswith("for_ever"):
            yield f"{name} (line {node.lineno})"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_name_says_what_it_names(path):
    assert list(vague_names(path.read_text(encoding="utf-8"))) == []


def test_a_vague_name_is_noticed():
    source = "def who_asks(what): ...\nself.told = 1\nfor seen in (): found_at = 2\nsource = fetch_forever = 3"
    assert sorted(vague_names(source)) == [
        "found_at (line 3)",
        "seen (line 3)",
        "told (line 2)",
        "what (line 1)",
        "who_asks (line 1)",
    ]
