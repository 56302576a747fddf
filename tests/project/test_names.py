"""One name, one meaning: no two public classes of the package have the same name.

Names are read from the source, so nothing is imported here.
"""

import ast
from collections import defaultdict
from pathlib import Path

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
