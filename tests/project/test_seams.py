"""Private names stay in their folder: no module uses a `_name` that only other folders of the package define.

Names are read from the source, so nothing is imported here. A name counts as defined where it's assigned, or where it
names a function or class. `super()._name` needs a definition in another class of the folder. Private names of other
packages, as the explorer's event loop needs them, aren't ours to judge.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "jobqueue"

#: Names with an underscore that Python's library, or IPython, documents for everyone to use.
NOT_PRIVATE = {"_asdict", "_exit", "_fields", "_make", "_replace", "_repr_html_", "_repr_mimebundle_"}


def is_private(name):
    return name.startswith("_") and not name.startswith("__") and name not in NOT_PRIVATE


def definitions(tree):
    """(class or "", name) of each private name that a module defines."""
    for owner, node in with_owner(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield owner, node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield owner, node.id if isinstance(node, ast.Name) else node.attr


def uses(tree):
    """(class or "", name, whether it's asked of super(), line) of each private name that a module uses or imports."""
    for owner, node in with_owner(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            of_super = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "super"
            yield owner, node.attr, of_super, node.lineno
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jobqueue"):
            yield from ((owner, alias.name, False, node.lineno) for alias in node.names if is_private(alias.name))


def with_owner(tree, owner=""):
    for node in ast.iter_child_nodes(tree):
        yield owner, node
        yield from with_owner(node, node.name if isinstance(node, ast.ClassDef) else owner)


def reaching(sources, elsewhere):
    """The lines, as "module:line name", at which modules of one folder use a private name defined only `elsewhere`."""
    trees = {name: ast.parse(source) for name, source in sources.items()}
    own = {definition for tree in trees.values() for definition in definitions(tree)}
    names = {name for _, name in own}
    for module, tree in trees.items():
        for owner, name, of_super, line in uses(tree):
            at_home = {name for other, name in own if other != owner} if of_super else names
            if name in elsewhere and name not in at_home:
                yield f"{module}:{line} {name}"


MODULES = sorted(ROOT.rglob("*.py"))
FOLDERS = sorted({path.parent for path in MODULES})


@pytest.fixture(scope="module")
def defined():
    """The private names that each module defines, parsed by the one process that runs these tests."""
    return {path: {name for _, name in definitions(ast.parse(path.read_text(encoding="utf-8")))} for path in MODULES}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT.parent)))
def test_no_module_uses_a_private_name_of_another_folder(folder, defined):
    sources = {path.name: path.read_text(encoding="utf-8") for path in MODULES if path.parent == folder}
    elsewhere = set().union(*(names for path, names in defined.items() if path.parent != folder))
    assert list(reaching(sources, elsewhere)) == []


BASE = "class Base:\n    def __init__(self):\n        self._own = 1\n    def _step(self):\n        return self._own"

ELSEWHERE = {"_secret", "_runner", "_step", "_own", "_replace"}

EXAMPLES = {
    "loop._ready": [],
    "from jobqueue.queue import _secret": ["a.py:1 _secret"],
    "worker._runner.held": ["a.py:1 _runner"],
    "from jobqueue.queue import Base\nclass A(Base):\n    def run(self):\n        self._step()": ["a.py:4 _step"],
    "class A(Base):\n    def _step(self):\n        super()._step()": ["a.py:3 _step"],
    "from jobqueue import __version__\nrow._replace(a=1)": [],
    BASE: [],
}


@pytest.mark.parametrize("source", EXAMPLES)
def test_a_private_name_from_elsewhere_is_noticed(source):
    assert list(reaching({"a.py": source}, ELSEWHERE)) == EXAMPLES[source]


def test_modules_of_a_folder_may_share_private_names():
    inherits = "class A(Base):\n    def _step(self):\n        super()._step()\n        self._own += other._own"
    assert list(reaching({"a.py": inherits, "base.py": BASE}, ELSEWHERE)) == []
