"""The strip and the lanes in a real browser, without Jupyter: what is shown live is what the still ones show."""

import json

import pytest

from browser.test_live_picture_in_a_page import HOST, SHOWN, tell
from day_story import story
from jobqueue.lab.pictures.base.feed import Feed
from jobqueue.lab.pictures.base.markup import styles
from jobqueue.lab.pictures.lanes.lanes import LanesPicture
from jobqueue.lab.pictures.tiers.tiers import StripPicture

PICTURES = [StripPicture, LanesPicture]
DRAWN = "root => [...document.querySelectorAll(root + ' [data-s]')].map(path => path.getAttribute('d'))"
# Smallest text that is seen, in CSS pixels; and texts that are cut off by the picture's edge.
SMALLEST = """() => Math.min(...[...document.querySelectorAll('.jq-live text')].filter(node => node.textContent.trim())
    .filter(node => node.checkVisibility())
    .map(node => parseFloat(getComputedStyle(node).fontSize) * node.getScreenCTM().a))"""
CUT_OFF = """() => { const svg = document.querySelector('.jq-live svg').getBoundingClientRect()
    return [...document.querySelectorAll('.jq-live text')].filter(node => node.textContent.trim()
        && node.checkVisibility()).filter(node => { const box = node.getBoundingClientRect()
        return box.right > svg.right + 1 || box.left < svg.left - 1 }).map(node => node.textContent) }"""


@pytest.fixture(scope="module")
def frames():
    return story()


@pytest.fixture
def show(new_context):
    """Opens pages that hold one picture."""

    def page(picture, width=1300, **options):
        page = new_context(viewport={"width": width, "height": 700}, **options).new_page()
        page.set_content("<!doctype html><body style='margin: 0 8px'></body>")
        page.add_style_tag(content=picture._css)
        esm = styles("base/live.js")
        page.add_script_tag(content=HOST.replace("ESM", json.dumps(esm)).replace("SVG", json.dumps(picture._svg)))
        page.wait_for_selector(".jq-live svg")
        return page

    return page


def watched(page, picture, frames, *, live=20):
    """A feed that was watched for the last of these frames."""
    feed = Feed(picture.feed.view, lambda: 0.0)  # a busy machine must not make it look unwatched
    for frame in frames[:-live]:
        feed.push(frame)
    tell(page, feed.hear({"hello": True}))
    for frame in frames[-live:]:
        tell(page, feed.push(frame))
    return feed


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("width", [1300, 590])
def test_what_is_live_comes_to_be_what_is_still(show, frames, kind, width):
    picture = kind()
    page = show(picture, width)
    feed = watched(page, picture, frames[:480])
    live, drawn = page.evaluate(SHOWN, ".jq-live"), page.evaluate(DRAWN, ".jq-live")
    assert any(path.count("L") > 20 for path in drawn)
    page.set_content(feed.view.draw(wide=width > 1000, badge="live, 48 s"))
    assert live == page.evaluate(SHOWN, ".jq-live")
    assert drawn == page.evaluate(DRAWN, ".jq-live")
    assert ["finding", feed.view.values()["finding"]] in live


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("width", [1300, 590])
def test_every_text_can_be_read_from_afar_and_none_is_cut_off(show, frames, kind, width):
    picture = kind()
    page = show(picture, width)
    feed = watched(page, picture, frames[:170])
    for chapter in (170, 300, 420, 520, 640, 800):
        for frame in frames[chapter : chapter + 100]:
            feed.push(frame)
        tell(page, feed.hear({"hello": True}))
        assert page.evaluate(SMALLEST) >= 12
        assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("kind", PICTURES)
def test_it_is_reached_by_keyboard_and_left_again(show, frames, kind):
    picture = kind()
    page = show(picture)
    page.evaluate("document.body.append(document.createElement('button'))")
    feed = watched(page, picture, frames[:170])
    tell(page, feed.hear({"hello": True}))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == feed.view.spoken()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"


@pytest.mark.parametrize("kind", PICTURES)
def test_nodes_are_moved_and_not_made_anew_and_motion_is_reduced(show, frames, kind):
    picture = kind()
    page = show(picture, reduced_motion="reduce")
    feed = watched(page, picture, frames[:170], live=1)
    page.evaluate("""() => { window.made = 0
        const watch = new MutationObserver(seen => { for (const { addedNodes } of seen) for (const node of addedNodes)
                                                     made += node.nodeType === Node.ELEMENT_NODE })
        watch.observe(document.querySelector(".jq-live"), { childList: true, subtree: true }) }""")
    before = int(page.get_attribute(".jq-live", "data-frames"))
    for frame in frames[170:185]:
        page.evaluate("message => tell(message)", feed.push(frame))
        page.wait_for_timeout(100)
    assert int(page.get_attribute(".jq-live", "data-frames")) - before <= 3
    assert page.evaluate("made") == 0


def test_a_picture_shown_three_times_keeps_all_of_its_past(show, frames):
    picture = StripPicture()
    page = show(picture)
    page.evaluate("() => { show(document.body); show(document.body) }")
    feed = Feed(picture.feed.view, lambda: 0.0)
    for seen in frames[:200]:
        feed.push(seen)
    told = [feed.hear({"hello": True}), *(feed.push(seen) for seen in frames[200:480])]
    page.evaluate("messages => messages.forEach(tell)", [message for message in told if message])
    page.wait_for_function("[...document.querySelectorAll('.jq-live')].every(root => +root.dataset.frames)")
    drawn = page.evaluate(DRAWN, ".jq-live")
    page.set_content(feed.view.draw(wide=True, badge="live, 48 s"))
    assert drawn == page.evaluate(DRAWN, ".jq-live") * 3
