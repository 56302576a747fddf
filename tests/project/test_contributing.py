"""CONTRIBUTING.md and ARCHITECTURE.md point to what exists; the commit hooks need nothing from anywhere."""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "ARCHITECTURE.md")}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_what_it_points_to_exists(page):
    named = re.findall(r"\]\(([^)#:]+)\)", page)
    named += re.findall(r"(?<![\w/])((?:tests|notebooks|jobqueue)/[\w./-]+)", page)
    named += [f"jobqueue/{path}" for path in re.findall(r"(?<![\w/])(lab/[\w./]+)", page)]
    assert len(named) > 15
    missing = {path for path in named if not (ROOT / path.rstrip(".")).exists()}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_it_is_one_page(page):
    assert len(page.splitlines()) <= 100


def test_the_commit_hooks_are_local_and_say_what_ci_says():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    asked = {hook["entry"].removesuffix(" --force-exclude") for repo in config["repos"] for hook in repo["hooks"]}
    in_ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("ruff format --check", "ruff format")
    assert asked <= set(re.findall(r'^on "\$oldest" (.+)$', in_ci, re.MULTILINE))


def test_the_commands_import_the_lab_only_when_they_run():
    look = "import sys, jobqueue.cli, jobqueue.cli.services; sys.exit('jobqueue.lab' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look]).returncode == 0


@pytest.mark.parametrize("file", [__file__, f"{__file__}::test_a", "notebooks/01-streams.ipynb"])
def test_a_single_file_runs_in_the_process_that_was_started(file, monkeypatch):
    monkeypatch.chdir(ROOT)
    count = runpy.run_path(str(ROOT / "conftest.py"))["pytest_xdist_auto_num_workers"]
    by_file, by_test = SimpleNamespace(dist="loadfile"), SimpleNamespace(dist="worksteal")
    assert count(SimpleNamespace(args=[file], option=by_file)) == 0
    assert count(SimpleNamespace(args=[file, "tests/pages.py"], option=by_file)) == 3
    assert count(SimpleNamespace(args=["tests"], option=by_file)) == 3
    assert count(SimpleNamespace(args=[file], option=by_test)) == 3  # then its tests are shared out


def store(*paths):
    return subprocess.run([sys.executable, ROOT / "tests" / "store.py", *paths], capture_output=True, encoding="utf-8")


def notebook(path, *sources):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(book, path)
    return path


def test_a_lesson_is_stored_as_executed_and_one_that_fails_stays_as_it_was(tmp_path):
    haste = "import os\nprint(os.environ['JOBQUEUE_HASTE'], os.environ['JOBQUEUE_VOTES'], os.getcwd())"
    good, bad = notebook(tmp_path / "11-good.ipynb", haste), notebook(tmp_path / "12-bad.ipynb", "print(1)", "1 / 0")
    before = bad.read_text(encoding="utf-8")
    ended = store(good, bad)
    assert (ended.returncode, ended.stdout) == (1, f"{good}: stored\n")
    assert f"{bad}: left as it was" in ended.stderr and "ZeroDivisionError" in ended.stderr
    assert bad.read_text(encoding="utf-8") == before
    [cell] = nbformat.read(good, as_version=4).cells
    assert cell.outputs[0].text.split() == ["8", "off", str(tmp_path)]


def test_what_is_stored_tells_nothing_of_when_and_on_which_python():
    """What `git diff` shows of a lesson stored again is then what changed."""
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            book = nbformat.read(path, as_version=4)
            told = f"{path.name}: python tests/store.py {path.name}"
            assert book.metadata["language_info"] == {"name": "python"} and "widgets" not in book.metadata, told
            assert not any("execution" in cell.metadata for cell in book.cells), told
