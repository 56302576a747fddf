"""The three floors of the package, the lab on the explorer on the queue: imports only go down, and never in a circle.

Imports are read from the source, so nothing is imported here. The import of a package that `import a.b` implies doesn't
count: only what a file names.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted((ROOT / "jobqueue").rglob("*.py"))}
EXPLORER = "jobqueue.explorer"
LAB = "jobqueue.lab"

#: Commands that belong to the lab. They import it when they're called, and not before.
MAY_CALL_THE_LAB = {"jobqueue.cli", "jobqueue.cli.services"}

#: The part of the core that the explorer stands on, and why.
UNDER_THE_EXPLORER = {
    "jobqueue.server.urls": "reads the path of the sandbox's socket out of its URL",
    "jobqueue.errors": "a bad setting, and a server that doesn't start, are reported like everywhere else",
    "jobqueue.server.leash": "the child process must not outlive the notebook",
    "jobqueue.printable": "escapes text for HTML",
    "jobqueue.sandbox": "the embedded server that schedules run on",
}

#: The explorer's own floors, the lowest first. A module imports from its own floor and from those below.
STAIRS = [
    ["fences", "record", "scenario"],
    ["redis_seam"],
    ["invariants"],
    ["engine"],
    ["report"],
    ["in_process"],
    ["isolation"],
    ["many_machines", "play", "pytest_plugin"],
]


def imports(source, *, lazy=False):
    """The modules of the package that `source` imports; `lazy` ones stand in a function, and the others don't."""
    return [module for module, in_function in all_imports(source) if in_function == lazy]


def all_imports(source):
    """(module, whether it's imported in a function)"""
    return [(module, in_function) for node, in_function in nodes(ast.parse(source)) for module in targets(node)]


def nodes(tree, in_function=False):
    for node in ast.iter_child_nodes(tree):
        yield node, in_function
        if not is_for_types(node):
            yield from nodes(node, in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def is_for_types(node):
    """`if TYPE_CHECKING:`, whose body never runs."""
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def targets(node):
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in MODULES)
    if isinstance(node, ast.ImportFrom) and node.module in MODULES:
        inner = {f"{node.module}.{alias.name}" for alias in node.names}
        yield from sorted(inner & set(MODULES))
        if inner - set(MODULES):
            yield node.module


def is_in(module, package):
    return module == package or module.startswith(f"{package}.")


CORE = [name for name in MODULES if not is_in(name, EXPLORER) and not is_in(name, LAB)]


@pytest.fixture(scope="module")
def read():
    """(module, whether it's imported in a function) of each import of each module.

    Every process that collects tests loads this file, so only the one that runs them parses the package.
    """
    return {name: all_imports(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


@pytest.fixture(scope="module")
def graph(read):
    """The modules that each module imports when it's imported itself."""
    return {name: {module for module, in_function in imported if not in_function} for name, imported in read.items()}


@pytest.fixture(scope="module")
def lazy(read):
    """The modules that each module imports later."""
    return {name: {module for module, in_function in imported if in_function} for name, imported in read.items()}


def circles(graph):
    """The groups of modules that import each other, directly or through others."""
    reach = {name: reachable(graph, name) for name in graph}
    groups = {frozenset(other for other in reach[name] if name in reach[other]) for name in graph}
    return sorted(map(sorted, groups - {frozenset()}))


def reachable(graph, start):
    reached, ahead = set(), list(graph[start])
    while ahead:
        module = ahead.pop()
        if module not in reached:
            reached.add(module)
            ahead += graph.get(module, ())
    return reached


def test_the_core_imports_neither_the_explorer_nor_the_lab(graph):
    up = {name: above for name in CORE if (above := {to for to in graph[name] if to not in CORE})}
    assert up == {}


def test_only_listed_commands_of_the_core_call_the_lab(lazy):
    up = {name for name in CORE if any(to not in CORE for to in lazy[name])}
    assert up == MAY_CALL_THE_LAB
    assert not any(is_in(to, EXPLORER) for name in CORE for to in lazy[name])


def test_the_explorer_knows_nothing_of_the_queue_or_the_lab(graph, lazy):
    below = {to for name in MODULES if is_in(name, EXPLORER) for to in graph[name] | lazy[name]}
    assert {to for to in below if not is_in(to, EXPLORER)} == set(UNDER_THE_EXPLORER)
    further = {to for name in UNDER_THE_EXPLORER for to in reachable(graph, name)}
    of_the_sandbox = {f"jobqueue.server.{name}" for name in ("binary", "claim", "connect", "line")}
    assert further - set(UNDER_THE_EXPLORER) == of_the_sandbox


def floor(module):
    place = module.removeprefix(f"{EXPLORER}.").partition(".")[0]
    return next(number for number, names in enumerate(STAIRS) if place in names)


@pytest.mark.parametrize("module", [name for name in MODULES if is_in(name, EXPLORER) and name != EXPLORER])
def test_inside_the_explorer_imports_only_go_down_too(module, graph):
    own = {to for to in graph[module] if is_in(to, EXPLORER)}
    assert [to for to in sorted(own) if floor(to) > floor(module)] == []


def test_no_modules_import_each_other_in_a_circle(graph):
    assert circles(graph) == []


SOURCES = {
    "import jobqueue.queue": ["jobqueue.queue"],
    "from jobqueue.lab import check": ["jobqueue.lab.check"],
    "from jobqueue.lab import check, nothing_like_it": ["jobqueue.lab.check", "jobqueue.lab"],
    "from jobqueue.lab.check import Verdict": ["jobqueue.lab.check"],
    "class A:\n    import jobqueue.queue": ["jobqueue.queue"],
    "try:\n    import jobqueue.queue\nexcept ImportError:\n    pass": ["jobqueue.queue"],
    "if TYPE_CHECKING:\n    import jobqueue.queue": [],
    "import redis": [],
}


@pytest.mark.parametrize("source", SOURCES)
def test_imports_are_read_as_python_reads_them(source):
    assert imports(source) == SOURCES[source]


def test_an_import_in_a_function_counts_as_lazy():
    source = "async def f():\n    if x:\n        from jobqueue.lab import check"
    assert imports(source) == []
    assert imports(source, lazy=True) == ["jobqueue.lab.check"]


def test_circles_are_noticed():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [["b", "c"], ["d"]]
