"""Where the course can be opened: each file that a host reads is in its host's own form, and names what exists.

No host is asked. What we couldn't try is marked as untried in notebooks/doors.md.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from jobqueue.cli import main
from jobqueue.errors import BadSetting
from jobqueue.lab.course.launch import SETTINGS
from jobqueue.lab.site.addresses import Addresses, read_addresses, set_repository

ROOT = Path(__file__).parents[2]
DOORS = (ROOT / "notebooks" / "doors.md").read_text(encoding="utf-8")
URL = "https://github.com/you/a-fork"


def test_the_dev_container_is_json_and_its_command_is_the_one_we_document():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert container["image"].startswith("mcr.microsoft.com/devcontainers/python:3.")
    assert container["postCreateCommand"] == "pip install -e '.[lab]' && jobqueue doctor"
    [opened] = container["customizations"]["codespaces"]["openFiles"]
    assert (ROOT / opened).is_file()


def test_the_image_for_hubs_copies_what_exists_and_installs_the_kit():
    lines = (ROOT / "hub" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert [word for word, _ in steps] == ["FROM", "COPY", "RUN", "COPY"]
    assert "pip install --no-cache-dir" in steps[2][1] and "[lab]" in steps[2][1]
    assert (ROOT / steps[3][1].split()[0]).is_file()
    assert any("mem_limit" in line for line in lines)


@pytest.mark.skipif(not shutil.which("bash"), reason="the image's own shell is bash")
def test_before_a_learners_server_starts_the_notebooks_are_there(tmp_path):
    script = f". {ROOT / 'hub' / 'before-start.sh'} && printf '%s' \"$JUPYTER_CONFIG_PATH\""
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    command = ["bash", "-euc", script]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert ended.stdout == str(SETTINGS)
    assert (tmp_path / "jobqueue-notebooks" / "00-start-here.ipynb").is_file()


def test_the_site_is_built_by_its_own_command_and_only_its_last_job_may_deploy():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8"))
    build, deploy = workflow["jobs"]["build"], workflow["jobs"]["deploy"]
    assert "jobqueue site _site --tab" in [step.get("run") for step in build["steps"]]
    [packed] = [step for step in build["steps"] if "upload-pages-artifact" in step.get("uses", "")]
    assert packed["with"]["path"] == "_site"
    assert deploy["needs"] == "build" and deploy["permissions"] == {"pages": "write", "id-token": "write"}
    assert "permissions" not in build


def test_the_page_says_of_each_door_whether_it_was_tried():
    for part in re.split(r"^## ", DOORS, flags=re.M)[1:]:
        assert re.search(r"\*[^*]*\b(tried|untried|tested)\b", part, re.I), part.splitlines()[0]
    assert set(re.findall(r"`((?:hub|\.devcontainer)/[\w./-]+)`", DOORS)) == {
        "hub/Dockerfile",
        "hub/before-start.sh",
        ".devcontainer/devcontainer.json",
    }


@pytest.fixture
def checkout(tmp_path):
    """A folder with the two files that name addresses."""
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_one_command_sets_every_address(checkout):
    for url in (f"{URL}.git", "https://github.com/other/one/", URL):  # again, as in a fork of a fork
        set_repository(checkout, url)
    addresses = read_addresses(checkout)
    assert addresses == Addresses(URL, "https://you.github.io/a-fork/")
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    assert readme.count("https://mybinder.org/v2/gh/you/a-fork/HEAD") == 1
    assert "https://you.github.io/a-fork/" in readme and "other/one" not in readme
    tables = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tables["project"].pop("urls")
    ours["project"].pop("urls", None)
    assert tables == ours


def test_a_lesson_opens_in_binder_where_its_address_is_set():
    address = Addresses(URL, "").binder("notebooks/03-reaper.ipynb")
    assert address == "https://mybinder.org/v2/gh/you/a-fork/HEAD?urlpath=lab%2Ftree%2Fnotebooks%2F03-reaper.ipynb"
    assert Addresses().binder("notebooks/03-reaper.ipynb") == Addresses().source("README.md") == ""


@pytest.mark.parametrize("url", ["github.com/you/fork", "https://example.org/you/fork", "https://github.com/you"])
def test_an_address_of_another_kind_changes_nothing(checkout, url):
    before = (checkout / "pyproject.toml").read_bytes()
    with pytest.raises(BadSetting, match="OWNER/NAME"):
        set_repository(checkout, url)
    assert (checkout / "pyproject.toml").read_bytes() == before


def test_the_readme_has_the_badges_of_the_addresses_in_pyproject():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"<!-- doors -->\n{read_addresses(ROOT).badges()}<!-- /doors -->" in readme


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    assert main(["site", str(tmp_path)]) == 2
    assert "isn't empty" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()


def test_without_sphinx_it_says_in_one_line_what_to_install(tmp_path):
    without = "import sys; sys.modules['sphinx'] = None; from jobqueue.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", without, "site", tmp_path / "out"]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8")
    wanted = "jobqueue site: the site needs Sphinx and its theme; in the checkout: pip install -e '.[site]'\n"
    assert (ended.returncode, ended.stderr) == (2, wanted)
    assert not (tmp_path / "out").exists()
