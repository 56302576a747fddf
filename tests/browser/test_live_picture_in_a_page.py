"""The live picture's own script in a real browser, without Jupyter: what it shows must be what the still one shows."""

import json

import pytest

from jobqueue.lab.pictures.base.feed import Feed
from jobqueue.lab.pictures.base.markup import styles
from jobqueue.lab.pictures.overview.picture import LivePicture, Overview
from overview_story import frame, killed, story

# What anywidget gives a script: traits to get, messages to hear, and a way to answer.
HOST = """
window.sent = []; window.ears = []
window.model = { get: name => SVG, on: (_, ear) => ears.push(ear), off: (_, ear) => ears.splice(ears.indexOf(ear), 1),
                 send: message => sent.push(message) }
window.tell = message => ears.forEach(ear => ear(message))
const script = URL.createObjectURL(new Blob([ESM], { type: "text/javascript" }))
import(script).then(module => { window.show = el => module.default.render({ model, el }); show(document.body) })
"""
# Texts that are shown, each with what it is.
SHOWN = """root => [...document.querySelectorAll(root + " text")].filter(node => node.checkVisibility())
                 .map(node => [node.dataset.k ?? "", node.textContent]).filter(([_, text]) => text.trim())"""


@pytest.fixture
def show(new_context):
    """Opens pages that hold one live picture."""

    def page(width=1300, **options):
        page = new_context(viewport={"width": width, "height": 900}, **options).new_page()
        page.set_content("<!doctype html><body></body>")
        page.add_style_tag(content=styles("base/live.css"))
        esm, svg = styles("base/live.js"), LivePicture()._svg
        page.add_script_tag(content=HOST.replace("ESM", json.dumps(esm)).replace("SVG", json.dumps(svg)))
        page.wait_for_selector(".jq-live button", state="attached")
        return page

    return page


def tell(page, message):
    """Hand the page a message, and wait until it has drawn."""
    if message:
        drawn = int(page.get_attribute(".jq-live", "data-frames"))
        page.evaluate("message => tell(message)", message)
        page.wait_for_function("n => +document.querySelector('.jq-live').dataset.frames > n", arg=drawn)


@pytest.mark.parametrize("width", [1300, 590])
def test_the_live_picture_comes_to_show_what_the_still_one_shows(show, width):
    page, feed = show(width), Feed(Overview(), lambda: 0.0)
    tell(page, feed.hear({"hello": True}))
    for seen in (*story()[40:60], killed(7.0, idle=2.5)):
        tell(page, feed.push(seen))
    live = page.evaluate(SHOWN, ".jq-live")
    paths = "root => [...document.querySelectorAll(root + ' [data-s]')].map(path => path.getAttribute('d'))"
    drawn = page.evaluate(paths, ".jq-live")
    assert page.get_attribute(".jq-live", "data-orphans") == "8"
    still = show(width)
    still.set_content(feed.view.draw(wide=width > 1000, badge="live, 7 s"))
    assert live == still.evaluate(SHOWN, ".jq-live")
    assert drawn == still.evaluate(paths, ".jq-live")
    assert ["row0.flag", "orphan"] in live


def test_a_button_is_reached_by_keyboard_and_says_whom_it_kills(show):
    page, feed = show(), Feed(Overview(), lambda: 0.0)
    tell(page, feed.hear({"hello": True}))
    tell(page, feed.push(killed()))
    assert page.get_by_role("button", name="kill -9 ada").is_disabled()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("sent.at(-1)") == {"kill": "bob"}


def test_nodes_are_moved_and_not_made_anew(show):
    page, feed = show(), Feed(Overview(), lambda: 0.0)
    tell(page, feed.hear({"hello": True}))
    page.evaluate("""() => { window.made = 0
        const watch = new MutationObserver(seen => { for (const { addedNodes } of seen) for (const node of addedNodes)
                                                     made += node.nodeType === Node.ELEMENT_NODE })
        watch.observe(document.querySelector(".jq-live"), { childList: true, subtree: true }) }""")
    for seen in story()[40:60]:
        tell(page, feed.push(seen))
    assert page.evaluate("made") == 0


def test_a_second_view_and_a_picture_without_news(show):
    page, feed = show(), Feed(Overview(), lambda: 0.0)
    tell(page, feed.hear({"hello": True}))
    ears = page.evaluate("ears.length")
    page.evaluate("() => { window.away = show(document.body.appendChild(document.createElement('div'))) }")
    assert page.evaluate("sent.at(-1).hello") is True
    tell(page, feed.hear({"hello": True}))
    tell(page, feed.push(killed()))
    page.wait_for_function("document.querySelectorAll('.jq-live')[1].dataset.orphans === '8'")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(node => node.id)")
    assert len(ids) == len(set(ids)) == 6
    page.evaluate("away()")
    assert page.evaluate("ears.length") == ears
    page.wait_for_function("document.querySelector('.jq-live').dataset.state === 'stale'")
    assert page.get_by_text("no news: busy, or gone").first.is_visible()


def test_reduced_motion_is_respected(show):
    page, feed = show(reduced_motion="reduce"), Feed(Overview(), lambda: 0.0)
    tell(page, feed.hear({"hello": True}))
    for k in range(15):
        page.evaluate("message => tell(message)", feed.push(frame(1 + k / 10)))
        page.wait_for_timeout(100)
    assert int(page.get_attribute(".jq-live", "data-frames")) <= 4
