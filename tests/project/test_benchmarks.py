"""A benchmark says at once what it lacks, and its extra brings all of that."""

import ast
import importlib.util
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = sorted(path for path in (ROOT / "benchmarks").glob("*.py") if path.name != "needs.py")

#: Packages that are imported by another name than pip knows them by.
NAMES = {"PIL": "pillow"}


def named_in(path):
    """What the benchmark says that it needs."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [arg.value for call in calls if getattr(call.func, "id", "") == "need" for arg in call.args]


NEEDY = {path.stem: path for path in BENCHMARKS if named_in(path)}

#: Runs a benchmark, its path given, as if some packages were not installed.
WITHOUT = """
import runpy, sys
path, sys.argv = sys.argv[1], sys.argv[1:2]
sys.modules.update(dict.fromkeys({missing}))
sys.path.insert(0, path.rpartition("/")[0])
runpy.run_path(path, run_name="__main__")
"""


@pytest.mark.parametrize("name", NEEDY)
def test_a_benchmark_without_its_extra_ends_in_one_line_before_it_measures(name):
    missing = named_in(NEEDY[name])
    command = [sys.executable, "-c", WITHOUT.format(missing=missing), str(NEEDY[name])]
    said = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60).stderr
    assert said == f"{name}.py needs {', '.join(missing)}; in the checkout: pip install -e '.[bench]'\n"


def test_the_extra_brings_all_that_benchmarks_need():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    brought = {line.split(">")[0].split("<")[0] for line in extras["bench"] + extras["lab"]}
    for path in BENCHMARKS:
        assert {NAMES.get(name, name) for name in named_in(path)} <= brought, path.name


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_finds_all_that_it_imports(path, monkeypatch):
    monkeypatch.syspath_prepend(path.parent)
    lacking = [name for name in named_in(path) if importlib.util.find_spec(name) is None]
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}, which the extra `bench` brings")
    runpy.run_path(str(path))
