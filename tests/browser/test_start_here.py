"""The first lesson as a learner meets it: in JupyterLab, with everything a learner's hand may do to it."""

import json

import nbformat
import psutil
import pytest

from helpers import eventually, running

NOTEBOOK = "00-start-here.ipynb"
PICTURE = "document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jq-live')?.dataset"
FACTS = "accepted but not done 0 · lost 0 · wrong 0"


@pytest.fixture(autouse=True)
def no_stored_outputs(lab):
    """Outputs that were stored must not be taken for new ones."""
    path = lab.folder / NOTEBOOK
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)


@pytest.fixture
def lesson(page, lab):
    """The notebook, opened; `lesson.run("world.hire")` runs the cell with these words in it."""
    sources = [
        "".join(cell["source"])
        for cell in json.loads((lab.folder / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]

    def run(*words):
        for word in words:
            [index] = [index for index, source in enumerate(sources) if word in source]
            page.run_cell(index)

    page.run = run
    page.open(NOTEBOOK)
    return page


BEGIN = ("open_world(", "enqueue_library", "world.watch", "world.hire")
ACCOUNT = ("world.until_done()", "world.account", "accepted but not done")


def processes(lab):
    """The servers and workers of the kernels of this JupyterLab."""
    found = psutil.Process(lab.process.pid).children(recursive=True)
    return [
        one
        for one in found
        if any("valkey" in word or "redis" in word or "jobqueue.lab.fleet.process" in word for word in cmdline(one))
    ]


def cmdline(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_worker_killed_by_the_button_and_its_recovery_seen(lesson):
    lesson.run(*BEGIN)
    lesson.wait_idle()
    frames, done = lesson.wait_for(f"+{PICTURE}.done && [+{PICTURE}.frames, +{PICTURE}.done]")
    # No cell runs, and the picture moves: ten frames a second, give or take a busy machine.
    lesson.wait_for(f"([frames, done]) => +{PICTURE}.frames > frames + 10 && +{PICTURE}.done > done", [frames, done])
    lesson.page.get_by_role("button", name="kill -9 ada").click()
    lesson.wait_for(f"+{PICTURE}.orphans > 0")
    lesson.screenshot("start-here-orphans")
    lesson.wait_for(f"+{PICTURE}.orphans === 0")
    lesson.run(*ACCOUNT)
    lesson.wait_output_text(FACTS)
    lesson.screenshot("start-here-recovered")


def test_a_world_made_twice_leaves_nothing_of_the_first(lesson, lab):
    lesson.run("open_world(", "world.hire")
    lesson.wait_idle()
    first = eventually(lambda: len(found := processes(lab)) == 4 and found)
    lesson.run(*BEGIN)
    lesson.wait_idle()
    assert not [one for one in first if running(one.pid)]
    lesson.run("world.kill()", *ACCOUNT)
    lesson.wait_output_text(FACTS)


def test_cells_run_out_of_order_say_what_to_do_and_harm_nothing(lesson):
    lesson.run("world.hire")
    lesson.wait_output_text("NameError")
    lesson.run("open_world(", "world.kill()")
    lesson.wait_output_text("no worker is alive, so none can be busy: hire some first")
    lesson.run("world.close", "enqueue_library")
    lesson.wait_output_text("run the notebook's first code cell again")
    lesson.run(*BEGIN, *ACCOUNT)
    lesson.wait_output_text(FACTS)


def test_an_interrupted_cell_can_be_run_again(lesson):
    lesson.run("open_world(", "enqueue_library")
    lesson.wait_idle()
    lesson.run("world.until_done()")
    lesson.wait_for("jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'")
    lesson.interrupt()
    lesson.wait_idle()
    lesson.run("world.hire", *ACCOUNT)
    lesson.wait_output_text(FACTS)


def test_nothing_outlives_a_kernel_that_is_restarted(lesson, lab):
    lesson.run(*BEGIN)
    lesson.wait_idle()
    before = eventually(lambda: len(found := processes(lab)) == 4 and found)
    lesson.restart()
    eventually(lambda: not [one for one in before if running(one.pid)])
    lesson.run(*BEGIN, *ACCOUNT)
    lesson.wait_output_text(FACTS)


def test_a_tab_closed_and_reopened_shows_the_picture_go_on(lesson):
    lesson.run(*BEGIN)
    lesson.wait_for(f"+{PICTURE}.done > 0")
    lesson.command("docmanager:save")
    lesson.wait_idle()
    lesson.reopen(NOTEBOOK)
    lesson.wait_for(f"+{PICTURE}.done > 0")
    lesson.run(*ACCOUNT)
    lesson.wait_output_text(FACTS)


def test_two_notebooks_at_once_do_not_meet(lesson, lab):
    other = "other.ipynb"
    (lab.folder / other).write_text((lab.folder / NOTEBOOK).read_text(encoding="utf-8"), encoding="utf-8")
    lesson.run(*BEGIN)
    lesson.wait_for(f"+{PICTURE}.done > 0")
    lesson.command("docmanager:save")
    lesson.wait_idle()
    lesson.open(other)
    lesson.run(*BEGIN, "world.kill()", *ACCOUNT)
    lesson.wait_output_text(FACTS)
    assert len({one.pid for one in processes(lab) if "jobqueue.lab.fleet.process" in one.cmdline()}) == 5
    lesson.open(NOTEBOOK)
    lesson.run(*ACCOUNT)
    lesson.wait_output_text(FACTS)
