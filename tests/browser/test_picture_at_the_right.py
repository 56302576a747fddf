"""A lesson's picture opens at the right of JupyterLab by itself, one at a time, and big enough to read."""

import json

import pytest

PANEL = "document.querySelector('.jupyterlab-sidecar .jq-live:not([hidden])')"
PANELS = "[...jupyterapp.shell.widgets('main')].filter(each => each.title.label === 'The picture').length"
HALF = 640  # pixels: half of a laptop's 1280

#: The height of the smallest letters in the panel, in pixels of the screen.
SMALLEST = """() => Math.min(...[...document.querySelectorAll('.jupyterlab-sidecar .jq-live text')]
    .filter(node => node.textContent.trim() && node.getBoundingClientRect().width)
    .map(node => parseFloat(getComputedStyle(node).fontSize) * node.getScreenCTM().a))"""


def sources(lab, lesson):
    cells = json.loads((lab.folder / lesson).read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run(page, lab, lesson, *words):
    """Run the first cell with each of these words in it, one after another."""
    for word in words:
        page.run_cell(next(at for at, source in enumerate(sources(lab, lesson)) if word in source))
        page.wait_idle()


@pytest.mark.parametrize(
    ("lesson", "words"),
    [
        ("00-start-here.ipynb", ("open_world(", "enqueue_library", "world.watch")),
        ("03-reaper.ipynb", ("open_world(", "world.machine()")),
    ],
)
def test_the_picture_stands_at_the_right_of_the_lesson_and_its_cell_says_so(page, lab, lesson, words):
    page.page.set_viewport_size({"width": 1280, "height": 800})
    page.open(lesson)
    page.page.evaluate("() => jupyterapp.shell.collapseLeft()")
    run(page, lab, lesson, *words)
    page.wait_for(f"+{PANEL}?.dataset.frames > 3")
    left, width = page.wait_for(f"(({{ left, width }}) => [left, width])({PANEL}.getBoundingClientRect())")
    assert left > HALF - 20 and width > HALF - 80
    page.wait_for("[...document.querySelectorAll('.jp-Notebook .jq-aside')].some(note => !note.hidden)")
    assert page.page.locator(".jp-Notebook .jq-live:visible").count() == 0
    assert page.wait_for(SMALLEST) >= 12
    assert page.wait_for("jupyterapp.shell.currentWidget.title.label") == lesson  # you go on in the lesson
    page.screenshot(f"at-the-right-{lesson[:2]}")


@pytest.fixture
def live(page, lab):
    lesson = "00-start-here.ipynb"
    page.open(lesson)
    run(page, lab, lesson, "open_world(", "enqueue_library", "world.watch")
    page.wait_for(f"+{PANEL}?.dataset.frames > 3")
    return lesson


def test_a_closed_panel_gives_the_picture_back_to_its_cell(page, lab, live):
    page.page.locator(".lm-TabBar-tab", has_text="The picture").locator(".lm-TabBar-tabCloseIcon").click()
    page.wait_for("+document.querySelector('.jp-Notebook .jq-live:not([hidden])')?.dataset.frames > 3")
    run(page, lab, live, "world.watch")
    page.wait_for(f"{PANEL} && {PANELS} === 1")


def test_there_is_one_panel_after_a_restart_and_with_two_lessons(page, lab, live):
    page.restart()
    run(page, lab, live, "open_world(", "world.watch")
    page.wait_for(f"{PANEL}?.dataset.state === 'live' && {PANELS} === 1")
    page.open("03-reaper.ipynb")
    run(page, lab, "03-reaper.ipynb", "open_world(", "world.machine()")
    page.wait_for(f"+{PANEL}?.dataset.frames > 3 && {PANELS} === 1")
