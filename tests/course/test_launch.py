"""`jobqueue lab` up to the point where it becomes JupyterLab; tests/browser goes on from there."""

import json
import shutil
import subprocess
import sys

import pytest

from clone import git, jobqueue, make_clone
from jobqueue.lab.course import launch as module
from jobqueue.lab.course.launch import launch
from jobqueue.lab.course.shelf import lay_out


@pytest.fixture
def notebooks(tmp_path):
    (tmp_path / "a b.ipynb").touch()
    return tmp_path


def test_jupyterlab_is_asked_for_the_notebook_with_the_settings_that_come_along(notebooks):
    start = "from jobqueue.lab.course.launch import launch\n"
    start += f"launch('a b.ipynb', {str(notebooks)!r}, ['--show-config-json'])"
    config = json.loads(subprocess.run([sys.executable, "-c", start], capture_output=True, check=True).stdout)
    assert config["ServerApp"]["root_dir"] == str(notebooks)
    assert config["LabApp"]["default_url"] == "/lab/tree/a%20b.ipynb"
    assert config["MappingKernelManager"] == {"buffer_offline_messages": False}
    assert config["ServerApp"]["port"] == 0  # one that is free when it is taken


@pytest.mark.slow
def test_the_settings_come_along_from_a_path_with_a_colon(notebooks, tmp_path):
    shutil.copytree(module.SETTINGS, tmp_path / "a:b")
    start = f"from jobqueue.lab.course import launch; launch.SETTINGS = launch.Path({str(tmp_path / 'a:b')!r})\n"
    start += f"launch.launch('a b.ipynb', {str(notebooks)!r}, ['--show-config-json'])"
    config = json.loads(subprocess.run([sys.executable, "-c", start], capture_output=True, check=True).stdout)
    assert config["MappingKernelManager"] == {"buffer_offline_messages": False}


@pytest.fixture
def clone(tmp_path):
    return make_clone(tmp_path / "clone")


def test_in_a_clone_you_work_on_a_copy_and_git_sees_no_change(clone):
    ended = jobqueue(clone, "lab", "--show-config-json", cwd=clone / "notebooks")
    said, config = ended.stdout.split("\n", 1)
    own = clone / "jobqueue-notebooks"
    assert (said, json.loads(config)["ServerApp"]["root_dir"]) == (f"Your notebooks are in {own}", str(own))
    (own / "03-reaper.ipynb").write_text("mine", encoding="utf-8")
    assert git(clone, "status", "--porcelain") == ""


def test_a_contributor_opens_the_originals_by_their_name(clone):
    ended = jobqueue(clone, "lab", "notebooks", "--show-config-json", cwd=clone)
    assert json.loads(ended.stdout)["ServerApp"]["root_dir"] == str(clone / "notebooks")


@pytest.mark.parametrize("where", [".", "jobqueue-notebooks"])
def test_reset_puts_a_lesson_back_from_anywhere_and_says_so_in_one_line(clone, where):
    own = clone / "jobqueue-notebooks"
    lay_out(own, clone / "notebooks")
    (own / "03-reaper.ipynb").write_text("mine", encoding="utf-8")
    ended = jobqueue(clone, "reset", "03", cwd=clone / where)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (
        "03-reaper.ipynb is as shipped. Your version is now 03-reaper.mine.ipynb. "
        "If it's open, choose File > Reload Notebook from Disk\n"
    )
    assert (own / "03-reaper.ipynb").read_bytes() == (clone / "notebooks" / "03-reaper.ipynb").read_bytes()
    assert (own / "03-reaper.mine.ipynb").read_text(encoding="utf-8") == "mine"


def test_reset_says_in_one_line_why_it_cannot(clone):
    ended = jobqueue(clone, "reset", "03", cwd=clone)
    said = "jobqueue reset: there's no copy of the course here: run this in the folder that jobqueue lab named\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", said)
    lay_out(clone / "jobqueue-notebooks", clone / "notebooks")
    ended = jobqueue(clone, "reset", "99", cwd=clone)
    said = "jobqueue reset: the course has no lesson 99: give its number, such as 03\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", said)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTERLAB_WORKSPACES_DIR", str(tmp_path / "workspaces"))
    (tmp_path / module.LESSON).touch()
    return tmp_path


def test_a_first_visit_finds_the_first_lesson_and_a_later_one_what_was_left(lesson):
    address = module._address(lesson, module.LESSON)
    [saved] = (lesson / "workspaces").iterdir()
    layout = json.loads(saved.read_text(encoding="utf-8"))
    assert address == f"/lab/workspaces/{layout['metadata']['id']}/tree/{module.LESSON}"
    assert layout["data"][f"notebook:{module.LESSON}"]["data"]["path"] == module.LESSON
    saved.write_text(json.dumps({"data": {}, "metadata": layout["metadata"]}), encoding="utf-8")
    assert module._address(lesson, module.LESSON) == address
    assert json.loads(saved.read_text(encoding="utf-8"))["data"] == {}


def test_where_no_layout_can_be_kept_the_lesson_opens_without(lesson):
    (lesson / "workspaces").write_text("a file", encoding="utf-8")
    assert module._address(lesson, module.LESSON) == f"/lab/tree/{module.LESSON}"


@pytest.mark.slow
def test_who_wants_a_port_of_their_own_gets_it(notebooks):
    words = f"'a b.ipynb', {str(notebooks)!r}, ['--ServerApp.port=9999', '--show-config-json']"
    start = f"from jobqueue.lab.course.launch import launch; launch({words})"
    config = json.loads(subprocess.run([sys.executable, "-c", start], capture_output=True, check=True).stdout)
    assert config["ServerApp"]["port"] == 9999


def test_without_jupyterlab_one_line_says_what_to_install(notebooks, monkeypatch, capsys):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert launch("a b.ipynb", notebooks) == 2
    assert capsys.readouterr().err.endswith("pip install -e '.[lab]'\n")


def test_without_the_notebook_one_line_says_where_it_should_be(notebooks, capsys):
    assert launch("missing.ipynb", notebooks) == 2
    errors = capsys.readouterr().err
    assert (errors.count("\n"), str(notebooks / "missing.ipynb") in errors) == (1, True)
