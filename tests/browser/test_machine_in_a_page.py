"""The machine's own script in a real browser: what it comes to show is what Python says; and it is lived with."""

import itertools
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from browser.test_live_picture_in_a_page import HOST, SHOWN
from jobqueue.lab.pictures.base.feed import Feed
from jobqueue.lab.pictures.machine.machine import Machine, MachinePicture
from jobqueue.lab.pictures.machine.places import rows
from machine_story import Paper, story

TOKENS = """[...document.querySelectorAll('.jobs .token')].map(node =>
    [node.dataset.job, node.getAttribute('transform'), node.getAttribute('class')])"""
SMALLEST = """(() => { const scale = document.querySelector('.jq-live text').getScreenCTM().a
    return Math.min(...[...document.querySelectorAll('.jq-live :is(text, button)')]
        .filter(node => node.textContent.trim() && node.checkVisibility())
        .map(node => parseFloat(getComputedStyle(node).fontSize) * scale)) })()"""
CUT_OFF = """(() => { const svg = document.querySelector('.jq-live svg').getBoundingClientRect()
    return [...document.querySelectorAll('.jq-live text')].filter(node => node.textContent.trim()
        && node.checkVisibility()).filter(node => { const box = node.getBoundingClientRect()
        return box.right > svg.right + 1 || box.left < svg.left - 1 }).map(node => node.textContent) })()"""


@pytest.fixture
def show(new_context):
    """Opens pages that hold one machine."""

    def page(width=1300, **options):
        page = new_context(viewport={"width": width, "height": 900}, **options).new_page()
        page.set_content("<!doctype html><body></body>")
        page.add_style_tag(content=MachinePicture._css)
        svg, esm = MachinePicture()._svg, MachinePicture._esm
        page.add_script_tag(content=HOST.replace("SVG", json.dumps(svg)).replace("ESM", json.dumps(str(esm))))
        page.wait_for_selector(".jq-live button", state="attached")
        return page

    return page


class Told:
    """A feed whose page is told everything at once."""

    def __init__(self, page):
        self.page, self.feed = page, Feed(Machine(), clock=lambda: 0.0)
        self.say(self.feed.hear({"hello": True}))

    def say(self, message):
        if message:
            self.page.evaluate("message => tell(message)", message)

    def push(self, *frames):
        for frame in frames:
            self.say(self.feed.push(frame))

    @property
    def scene(self):
        return self.feed.view.scene

    def expected(self, form):
        """Job, place and classes of every token."""
        slots = rows(form, self.scene.plan)
        found = self.feed.view.pieces()
        for job, token in self.scene.tokens.items():
            x, y = slots[token.place.row].at(token.place.slot)
            yield [job, f"translate({x:.1f} {y:.1f})", found[f"job:{job}"][2]]

    def settle(self, form):
        """Wait until every token is where it belongs, and no other is left."""
        self.page.wait_for_function(
            f"wanted => JSON.stringify({TOKENS}.sort()) === wanted",
            arg=json.dumps(sorted(self.expected(form)), separators=(",", ":")),
        )


CHAPTERS = story()
FRAMES = list(itertools.chain.from_iterable(CHAPTERS.values()))


@pytest.mark.parametrize(("width", "form"), [(1300, "wide"), (590, "narrow")])
def test_the_machine_comes_to_show_what_python_says(show, width, form):
    page = show(width)
    told = Told(page)
    for chapter in CHAPTERS.values():
        told.push(*chapter)
        told.settle(form)
    page.wait_for_function("!document.querySelector('.trail')")
    live = page.evaluate(SHOWN, ".jq-live")
    assert page.evaluate(SMALLEST) >= 12
    assert page.evaluate(CUT_OFF) == []
    still = show(width)
    still.set_content(told.feed.view.draw(wide=form == "wide", badge=told.feed._badge()))
    # In a still, tokens stand before what is written over them.
    assert sorted(live) == sorted(still.evaluate(SHOWN, ".jq-live"))


def test_a_job_is_seen_on_its_way(show):
    page = show()
    told = Told(page)
    told.push(*itertools.chain.from_iterable(list(CHAPTERS.values())[:7]))
    told.settle("wide")
    page.evaluate(
        """() => { window.way = []
            const node = document.querySelector('.token[data-job=n0]')
            new MutationObserver(() => way.push(node.getAttribute('transform')))
                .observe(node, { attributeFilter: ['transform'] }) }"""
    )
    told.push(CHAPTERS["reaped"][0])
    assert page.locator(".trail.reaped").text_content() == "8 reaped"
    told.settle("wide")
    assert page.evaluate("new Set(way).size") >= 4
    page.wait_for_function("!document.querySelector('.trail')")


def test_who_wants_no_motion_sees_none(show):
    page = show(reduced_motion="reduce")
    told = Told(page)
    told.push(*itertools.chain.from_iterable(list(CHAPTERS.values())[:7]))
    told.settle("wide")
    page.evaluate(
        """() => { window.way = []
            const node = document.querySelector('.token[data-job=n0]')
            new MutationObserver(() => way.push(node.getAttribute('transform')))
                .observe(node, { attributeFilter: ['transform'] }) }"""
    )
    told.push(*CHAPTERS["reaped"])
    told.settle("wide")
    assert page.evaluate("new Set(way).size") == 1
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_flood_is_bundled_and_the_page_does_not_grow(show):
    page, paper = show(), Paper("ada", "ben")
    told = Told(page)
    page.evaluate(  # a slow machine may draw the last frame when all bundles have come and gone
        """() => { window.bundles = []
            const note = ({ addedNodes }) => bundles.push(...[...addedNodes].filter(node => node.matches?.('.bundle')))
            const watch = new MutationObserver(changes => changes.forEach(note))
            watch.observe(document, { childList: true, subtree: true }) }"""
    )
    for k in range(40):
        paper.enqueue(*(f"j{k}-{i}" for i in range(50)), tier="low")
        paper.fetch("ada", 8, "low")
        paper.done(*paper.held)
        told.push(paper.tick())
    page.wait_for_function("bundles.length > 0")
    assert page.evaluate("bundles[0].textContent").startswith("+")
    told.settle("wide")
    page.wait_for_function("!document.querySelector('.bundle')")
    assert page.evaluate("document.querySelectorAll('.jobs > *').length") < 200


def test_nodes_of_tokens_are_used_again(show):
    page, paper = show(), Paper("ada")
    told = Told(page)
    seen = set()
    for k in range(6):
        paper.enqueue(*(f"j{k}-{i}" for i in range(8)))
        told.push(paper.tick())
        told.settle("wide")
        paper.fetch("ada", 8)
        paper.done(*paper.held)
        told.push(paper.tick())
        told.settle("wide")
        seen.add(page.evaluate("document.querySelectorAll('.jobs > g').length"))
    assert max(seen) <= 30


def test_a_token_asked_by_mouse_and_by_keyboard_tells_what_it_is(show):
    page = show()
    told = Told(page)
    told.push(*FRAMES[:12])
    told.settle("wide")
    tip = page.locator(".tip-box")
    page.locator(".token[data-job=h0]").hover()
    assert tip.text_content().startswith("job h0 · high · attempt 1")
    page.mouse.move(5, 5)
    assert tip.is_hidden()
    page.keyboard.press("Tab")
    first = tip.text_content()
    page.keyboard.press("ArrowDown")
    assert tip.text_content() != first
    page.keyboard.press("ArrowUp")
    assert tip.text_content() == first
    page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_a_button_is_reached_by_keyboard(show):
    page = show()
    told = Told(page)
    told.push(*itertools.chain.from_iterable(list(CHAPTERS.values())[:6]))
    page.wait_for_function("document.querySelector('button[value=ada]')?.disabled")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("sent.at(-1)") == {"kill": "ben"}


def test_a_new_width_puts_everything_in_its_other_place(show):
    page = show(1300)
    told = Told(page)
    told.push(*FRAMES[:20])
    told.settle("wide")
    page.set_viewport_size({"width": 700, "height": 900})
    told.settle("narrow")


def test_a_second_view_shows_the_same(show):
    page = show()
    told = Told(page)
    told.push(*FRAMES[:20])
    ears = page.evaluate("ears.length")
    page.evaluate("() => { window.away = show(document.body.appendChild(document.createElement('div'))) }")
    told.say(told.feed.hear({"hello": True}))
    page.wait_for_function(
        "new Set([...document.querySelectorAll('.jobs')].map(n => n.querySelectorAll('.token').length)).size === 1"
    )
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(node => node.id)")
    assert len(ids) == len(set(ids)) == 2
    page.evaluate("away()")
    assert page.evaluate("ears.length") == ears


CELLS = (
    "from jobqueue.lab.world import open_world\nworld = await open_world(lease=2)",
    "world.machine()",
    "world.hire(2); n = await world.enqueue_library(seconds=60)\n"
    "await world.until(lambda frame: all(row.running for row in frame.workers))",  # an idle worker leaves no orphans
    "world.kill('ada')",
    "await world.close()",
)


@pytest.fixture
def notebook(lab):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=list(map(new_code_cell, CELLS)), metadata=kernel), lab.folder / "machine.ipynb")
    return "machine.ipynb"


def test_a_real_world_is_seen_to_lose_a_worker_and_to_get_its_jobs_back(page, notebook):
    page.open(notebook)
    for cell in range(3):
        page.run_cell(cell)
        page.wait_idle()
        page.wait_for(f"jupyterapp.shell.currentWidget.title.label === '{notebook}'")  # not the panel at the right
    facts = "document.querySelector('.jq-live')?.dataset"
    page.wait_for(f"+{facts}.done > 0")
    page.page.get_by_role("button", name="kill -9 ada").click()
    page.wait_for("document.querySelectorAll('.token.orphan').length > 0")
    page.screenshot("machine-orphans")
    page.wait_for("document.querySelector('.trail.reaped')")
    page.screenshot("machine-reaped")
    page.wait_for("document.querySelectorAll('.token.orphan').length === 0")
    page.wait_for("[...document.querySelectorAll('.token.reaped.again')].length > 0")
    page.run_cell(4)
    page.wait_for(f"{facts}.state === 'stopped'")
    page.wait_idle()
