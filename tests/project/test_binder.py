"""What Binder makes of binder/: detected and rendered by its own builder, and, with -m long, built without conda."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"

#: repo2docker reads the current folder. On Linux it asks which processor; nothing is built, and no docker is needed.
RENDER = """
import json
from repo2docker.app import Repo2Docker
app = Repo2Docker()
pack = next(pack for kind in app.buildpacks if (pack := kind(app.base_image)).detect())
pack.platform = "linux/amd64"
print(json.dumps([type(pack).__name__, pack.python_version, pack.render()]))
"""


def test_the_environment_is_the_one_of_the_checkout():
    """In a checkout it is a link, and nothing can come apart; in an sdist, which has no links, a copy."""
    assert (BINDER / "environment.yml").read_text(encoding="utf-8") == (ROOT / "environment.yml").read_text(
        encoding="utf-8"
    )
    assert (BINDER / "environment.yml").is_symlink() == (ROOT / ".git").exists()


def test_repo2docker_takes_it_for_conda_and_runs_our_build_step_and_our_start():
    rendered = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RENDER], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert rendered.returncode == 0, rendered.stderr
    kind, python, dockerfile = json.loads(rendered.stdout)
    assert (kind, python) == ("CondaBuildPack", "3.12")
    for step in ('env update -p ${NB_PYTHON_PREFIX} --file "binder/environment.yml"', "RUN ./binder/postBuild"):
        assert step in dockerfile
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile


def test_the_conda_part_installs_nothing_by_pip():
    assert "- pip:" not in (ROOT / "environment.yml").read_text(
        encoding="utf-8"
    )  # in a linked file, `-e .` would be binder/ itself


def test_start_sets_what_jobqueue_lab_sets_and_becomes_what_it_is_given():
    command = [BINDER / "start", sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
    started = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    environment = json.loads(started.stdout)
    assert environment["JUPYTER_CONFIG_PATH"].split(":")[0] == str(ROOT / "jobqueue" / "lab" / "course" / "jupyter")
    assert environment["JUPYTER_PREFER_ENV_PATH"] == "1"


def test_the_layout_opens_the_first_lesson_of_a_copy_without_a_file_browser(tmp_path):
    command = [sys.executable, "-m", "jobqueue.lab.course.workspace", "jobqueue-notebooks"]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True).stdout
    lesson = "jobqueue-notebooks/00-start-here.ipynb"
    assert (tmp_path / lesson).is_file() and "jobqueue-notebooks" in (BINDER / "postBuild").read_text(encoding="utf-8")
    data = json.loads(printed)["data"]
    assert data["layout-restorer:data"]["main"]["current"] == f"notebook:{lesson}"
    assert data[f"notebook:{lesson}"]["data"]["path"] == lesson
    assert "left" not in data["layout-restorer:data"]  # then JupyterLab folds it


@pytest.mark.long
def test_three_workers_beside_jupyterlab_fit_into_what_binder_guarantees():
    measured = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "memory.py"], capture_output=True, encoding="utf-8"
    )
    assert measured.returncode == 0, measured.stdout + measured.stderr


@pytest.mark.long
def test_its_build_step_works_in_an_environment_that_is_empty(tmp_path):
    """The Python part, without conda: a minute or two, and it asks a registry."""
    checkout = tmp_path / "checkout"
    names = ("jobqueue", "notebooks", "binder", "pyproject.toml", "setup.py", "README.md", "LICENSE")
    for name in names:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name) if copy is shutil.copytree else copy(ROOT / name, checkout)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    path = f"{tmp_path / 'venv' / 'bin'}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path)} | {n: v for n, v in os.environ.items() if n.startswith("PIP_")}
    built = subprocess.run(["./binder/postBuild"], cwd=checkout, env=environment, capture_output=True, encoding="utf-8")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "All is well." in built.stdout
    assert list(tmp_path.glob(".jupyter/lab/workspaces/*.jupyterlab-workspace"))
    started = ["./binder/start", "jupyter", "lab", "--show-config-json"]
    config = subprocess.run(
        started, cwd=checkout, env=environment, capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert json.loads(config)["MappingKernelManager"] == {"buffer_offline_messages": False}
