"""The site leads to the tab from each lesson that runs there, and the texts that list these lessons have them right."""

import json
import re
from pathlib import Path

import pytest

from jobqueue.lab.site.addresses import read_addresses
from jobqueue.lab.site.front import write_front
from jobqueue.lab.site.stage import stage_course
from jobqueue.lab.tab import gather

ROOT = Path(__file__).parents[2]
LINK = re.compile(r'href="\.\./tab/([\w.]+#\w+)"')

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """The pages of the site, before Sphinx makes HTML of them, and without recordings: their scripts take 20 s."""
    folder = tmp_path_factory.mktemp("stage")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jobqueue.lab.site.stage.write_playback", lambda *picture: "")
        stage_course(ROOT, folder, read_addresses(ROOT), gather.lessons())
    write_front(ROOT, folder, read_addresses(ROOT), True)
    return folder


def links(notebook):
    """Where the notebook's first cell leads in the tab."""
    return set(LINK.findall("".join(json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"])))


def test_a_lesson_leads_to_the_tab_if_it_runs_there_and_if_its_exercise_does(stage):
    pieces = gather.lessons()
    for notebook in sorted((stage / "notebooks").glob("*.ipynb")):
        name = notebook.stem
        expected = {f"lesson.html#{name[:2]}"} if name in gather.LESSONS else set()
        expected |= {f"index.html#{pieces[name]}"} if name in pieces else set()
        assert links(notebook) == expected, name
    assert 'href="tab/index.html"' in (stage / "index.md").read_text(encoding="utf-8")


def test_a_solution_does_not_lead_there(stage):
    assert not any("lesson.html" in link for each in (stage / "notebooks/solutions").iterdir() for link in links(each))


def test_the_texts_list_the_lessons_that_run_in_the_tab():
    numbers = set()
    for first, last in re.findall(r"(\d\d)(?: to (\d\d))?", gather.LESSONS_IN_WORDS):
        numbers |= set(range(int(first), int(last or first) + 1))
    assert numbers == {int(name[:2]) for name in gather.LESSONS}
    for text in ("README.md", "CHANGELOG.md", "notebooks/doors.md", "jobqueue/lab/tab/__init__.py"):
        assert f"lessons {gather.LESSONS_IN_WORDS}" in " ".join((ROOT / text).read_text(encoding="utf-8").split()), text
