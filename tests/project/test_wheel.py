"""The wheel and the sdist carry what they should, and the wheel works where nothing else is."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FOLDERS = ("jobqueue", "notebooks", "tests", "benchmarks", "binder", "deploy", "hub", ".ci", ".devcontainer", ".github")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "CONTRIBUTING.md", "LICENSE", "conftest.py")
FILES += ("environment.yml", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CITATION.cff", "SECURITY.md")
FILES += ("ARCHITECTURE.md",)
EXTRAS = {"redis": ["hiredis"]}  # what the kit asks of others beside the plain thing
LITTER = shutil.ignore_patterns("__pycache__", ".*", "votes*.json", "*.png", "build")
BUILD = "from setuptools.build_meta import build_sdist, build_wheel; build_sdist({0!r}); build_wheel({0!r})"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the checkout: building leaves files beside what it builds."""
    source = tmp_path_factory.mktemp("source")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=LITTER)
    for name in FILES:
        shutil.copy(ROOT / name, source)
    (source / "notebooks" / ".ipynb_checkpoints").mkdir()
    for litter in ("votes.json", ".ipynb_checkpoints/00.ipynb"):
        (source / "notebooks" / litter).write_text("a developer's own", encoding="utf-8")
    before = source / "build/lib/jobqueue/lab/course/notebooks"  # of a build before, and renamed since
    before.mkdir(parents=True)
    (before / "03-the-reaper.ipynb").touch()
    return source


@pytest.fixture(scope="module")
def built(source):
    """The folder with the wheel and the sdist, built without asking a registry for the builder."""
    subprocess.run([sys.executable, "-c", BUILD.format("dist")], cwd=source, check=True, capture_output=True)
    return source / "dist"


@pytest.fixture(scope="module")
def wheel(built):
    [wheel] = built.glob("*.whl")
    return wheel


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def notebooks(source):
    return {name for name in files(source / "notebooks") if "votes" not in name and "checkpoints" not in name}


def test_the_wheel_carries_every_file_of_the_package_and_the_course(source, wheel):
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = {f"jobqueue/{name}" for name in files(source / "jobqueue")}
    course = {f"jobqueue/lab/course/notebooks/{name}" for name in notebooks(source)}
    assert packed == package | course
    assert {Path(name).suffix for name in packed} >= {".py", ".lua", ".js", ".css", ".json", ".typed", ".ipynb"}


def test_the_sdist_carries_all_that_a_checkout_has(source, built):
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        packed = {name.partition("/")[2] for name in tar.getnames()}
    assert packed.isdisjoint({"notebooks/votes.json", "notebooks/.ipynb_checkpoints/00.ipynb"})
    ours = {f"{name}/{file}" for name in FOLDERS[2:] for file in files(source / name)}
    assert ours | {f"notebooks/{name}" for name in notebooks(source)} | set(FILES) <= packed
    assert {f"jobqueue/{name}" for name in files(source / "jobqueue")} <= packed


def test_every_file_of_the_checkout_is_one_of_those_that_are_packed():
    """Whoever packs the kit for others runs the tests from the sdist: they read the hooks and CI's script, too."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8")
    if listed.returncode:
        pytest.skip("not a git checkout")
    assert {name for name in listed.stdout.split() if name.partition("/")[0] not in (*FOLDERS, *FILES)} == set()


def needed(name="jobqueue-kit", seen=None):
    """The distributions that `name` needs, and those that they need, and so on, by their names."""
    seen = {} if seen is None else seen
    for line in importlib.metadata.requires(name) or ():
        asked = Requirement(line)
        wanted = not asked.marker or any(
            asked.marker.evaluate({"extra": extra}) for extra in ("", *EXTRAS.get(name, ()))
        )
        if wanted and asked.name not in seen:
            seen[asked.name] = importlib.metadata.distribution(asked.name)
            needed(asked.name, seen)
    return seen


@pytest.fixture(scope="module")
def empty(wheel, tmp_path_factory):
    """A virtual environment with the wheel and what it says it needs, and nothing else, not even pip."""
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", f"--python={python}", "install", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, capture_output=True)
    [packages] = folder.glob("lib/python*/site-packages")
    for distribution in needed().values():
        for file in distribution.files:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), packages / file)
    return folder / "bin"


def run(command, *words, **options):
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "JOBQUEUE_HASTE": "8"}
    environment |= options.pop("env", {})
    return subprocess.run([command, *words], capture_output=True, text=True, timeout=120, env=environment, **options)


def test_in_an_environment_with_nothing_else_the_demo_kills_a_worker_and_loses_nothing(empty, tmp_path):
    ended = run(empty / "jobqueue", "demo", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"accepted (\d+) · done \1 · run twice \d+ · lost 0$", ended.stdout.strip())


def test_there_the_doctor_says_what_the_course_needs_and_lab_refuses_in_one_line(empty, tmp_path):
    ended = run(empty / "jobqueue", "doctor", cwd=tmp_path)
    assert (ended.returncode, "– JupyterLab is not installed" in ended.stdout) == (0, True)
    refused = run(empty / "jobqueue", "lab", cwd=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n"), list(tmp_path.iterdir())) == (2, 1, [])
    assert "pip install 'jobqueue-kit[lab]'" in refused.stderr


@pytest.fixture(scope="module")
def lab(wheel, tmp_path_factory):
    """`lab(*words, cwd=…)`: `jobqueue lab` as the wheel has it, up to where JupyterLab would start to serve."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    ZipFile(wheel).extractall(unpacked)
    command = [sys.executable, "-m", "jobqueue.cli", "lab"]
    return lambda *words, cwd: run(*command, *words, "--show-config-json", cwd=cwd, env={"PYTHONPATH": str(unpacked)})


def test_from_a_wheel_the_course_is_copied_to_a_folder_of_the_learners_own(lab, source, tmp_path):
    ended = lab(cwd=tmp_path)
    told, config = ended.stdout.split("\n", 1)
    own = tmp_path / "jobqueue-notebooks"
    assert told == "Your notebooks are in jobqueue-notebooks"
    assert json.loads(config)["ServerApp"]["root_dir"] == str(own)
    assert files(own) == notebooks(source) | {".course.json"}


def test_a_second_start_keeps_what_was_changed_and_a_named_folder_is_taken_instead(lab, tmp_path):
    lab("mine", cwd=tmp_path)
    changed = tmp_path / "mine" / "00-start-here.ipynb"
    changed.write_text("a learner's own", encoding="utf-8")
    assert lab("mine", cwd=tmp_path).stdout.startswith("Your notebooks are in mine\n")
    assert changed.read_text(encoding="utf-8") == "a learner's own"


def test_a_folder_that_cannot_be_written_is_refused_in_one_line(lab, tmp_path):
    (tmp_path / "file").touch()
    refused = lab("file", cwd=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "Name another: jobqueue lab FOLDER" in refused.stderr
