"""`jobqueue lab` up to the point where it becomes JupyterLab; tests/browser goes on from there."""

import json
import subprocess
import sys

import pytest

from jobqueue.lab import launch as module
from jobqueue.lab.launch import launch


@pytest.fixture
def notebooks(tmp_path):
    (tmp_path / "a b.ipynb").touch()
    return tmp_path


def test_jupyterlab_is_asked_for_the_notebook_with_the_settings_that_come_along(notebooks):
    start = f"from jobqueue.lab.launch import launch; launch('a b.ipynb', {str(notebooks)!r}, ['--show-config-json'])"
    config = json.loads(subprocess.run([sys.executable, "-c", start], capture_output=True, check=True).stdout)
    assert config["ServerApp"]["root_dir"] == str(notebooks)
    assert config["LabApp"]["default_url"] == "/lab/tree/a%20b.ipynb"
    assert config["MappingKernelManager"] == {"buffer_offline_messages": False}
    assert config["ServerApp"]["port"] == 0  # one that is free when it is taken


def test_who_wants_a_port_of_their_own_gets_it(notebooks):
    words = f"'a b.ipynb', {str(notebooks)!r}, ['--ServerApp.port=9999', '--show-config-json']"
    start = f"from jobqueue.lab.launch import launch; launch({words})"
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
