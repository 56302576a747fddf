"""The site as a visitor gets it: built once, served from this machine, opened in Chromium on a desktop and a phone."""

import functools
import json
import subprocess
import sys
import threading
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
LESSON = "notebooks/03-reaper.html"
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}

pytestmark = pytest.mark.timeout(600)  # the first test builds the site, which takes minutes on a busy machine


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the site. Sphinx had nothing to complain of."""
    out = tmp_path_factory.mktemp("site") / "pages"
    ended = subprocess.run([sys.executable, "-m", "jobqueue.cli", "site", out], capture_output=True, encoding="utf-8")
    assert (ended.returncode, ended.stderr) == (0, "")
    return out


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(built):
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=built))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def visit(new_context, address):
    """Opens pages of the site, in one browser that remembers. What no visitor should get is in `complaints`."""
    complaints = []
    contexts = {}  # one per size of screen

    def judge(request):
        if not request.url.startswith((address, "data:", "blob:")):
            complaints.append(f"asked for {request.url}")

    def note(message):
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location['url']})")

    def visit(path, size="desktop", **options):
        if size not in contexts:
            contexts[size] = new_context(viewport=SIZES[size], **options)
            contexts[size].on("request", judge)
            contexts[size].on("console", note)
            contexts[size].on("weberror", lambda error: complaints.append(str(error.error)))
        page = contexts[size].new_page()
        page.goto(address + path)
        return page

    yield visit
    new_context.close()
    assert complaints == []


def serious_faults(page, context=None, **options):
    """Of axe-core's findings the serious ones."""
    options |= {"preload": False, "resultTypes": ["violations"]}
    faults = Axe().run(page, context, options).response["violations"]
    return [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]][:3])
        for fault in faults
        if fault["impact"] in ("serious", "critical")
    ]


def load_pictures(page):
    """Bring each recording and each chart near, and wait until it's drawn."""
    for place in page.locator(".jq-player, .jq-chart").all():
        place.scroll_into_view_if_needed()
        page.wait_for_function("place => place.dataset.state || place.dataset.drawn", arg=place.element_handle())


#: All pages but the solutions, which look like lessons. A lesson is a group of its own, because it has many parts.
LESSONS = [f"notebooks/{path.stem}.html" for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))]
GROUPS = [*LESSONS, "notebooks/solutions/03-*.html", "notebooks/[a-z]*.html", "play/*.html", "*.html"]

#: Rules of axe-core on colours. To measure all words and links of all pages takes minutes.
COLOURS = ("color-contrast", "link-in-text-block")

#: Pages with everything that has a colour of its own.
COLOURED = ("index.html", LESSON, "notebooks/glossary.html", "play/reaper.html")

#: Of these axe-core can't judge the colours: it doesn't know what lies below a letter of a drawing.
DRAWN = {"exclude": [[".jq-live"], [".jq-chart"], [".jqx svg"]]}

TAB_STOPS = """() => [...document.querySelectorAll('pre, .pst-scrollable-table-container')].every(
    part => part.scrollWidth <= part.clientWidth || part.tabIndex >= 0)"""


@pytest.mark.parametrize("group", GROUPS)
def test_every_page_fits_a_desktop_and_a_phone_and_has_no_serious_accessibility_fault(built, visit, group):
    wrong, paths = {}, sorted(built.glob(group))
    for name in (path.relative_to(built).as_posix() for path in paths):
        page = visit(name)
        load_pictures(page)
        for size, screen in SIZES.items():
            page.set_viewport_size(screen)
            page.wait_for_function(TAB_STOPS)  # the theme sets them soon after a change of size
            wrong[name, size] = serious_faults(page, rules={rule: {"enabled": False} for rule in COLOURS})
            width = page.evaluate("document.documentElement.scrollWidth")
            wrong[name, size] += [f"{width} pixels wide"] * (width > screen["width"])
        page.close()
    assert {place: faults for place, faults in wrong.items() if faults} == {}
    assert paths


@pytest.mark.parametrize("name", COLOURED)
def test_colours_can_be_told_apart_in_the_light_and_in_the_dark(visit, name):
    page = visit(name)
    load_pictures(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        # The theme's transitions begin with the next frame.
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.wait_for_function("document.getAnimations().every(each => each.playState != 'running')")
        assert serious_faults(page, DRAWN, runOnly=COLOURS) == []


def test_a_prediction_comes_before_its_outcome_and_is_kept_as_the_notebook_keeps_it(visit, tmp_path):
    page = visit(LESSON)
    form, fold = page.locator("#vote-03-reaper-dies"), page.locator(".jq-outcome").first
    summary = fold.locator("summary")
    expect(summary).to_have_text("Predict first: your vote opens this")
    summary.click()
    expect(fold).not_to_have_attribute("open", "")
    expect(form.locator("button").first).to_be_focused()

    for letter in "AC":
        form.locator("button", has=page.locator(f"b:text-is('{letter}')")).click()
    summary.click()
    expect(fold).to_contain_text("you said A, then C")
    expect(fold).to_contain_text("it did C")
    expect(fold).to_contain_text("You changed your mind, and you were right.")
    expect(form.locator(".right")).to_contain_text("it did")
    form.locator("button", has=page.locator("b:text-is('B')")).click()  # too late to be a prediction

    again = visit(LESSON)
    expect(again.locator("#vote-03-reaper-dies [aria-pressed=true]")).to_contain_text("B")
    with again.expect_download() as download:
        again.get_by_role("button", name="Save all your votes").first.click()
    assert download.value.suggested_filename == "votes.json"
    file = tmp_path / "votes.json"
    download.value.save_as(file)
    told = subprocess.run(
        [sys.executable, "-m", "jobqueue.cli", "votes", file], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert "03-reaper-dies" in told
    assert "1 voted · 1 of them changed their mind · 0% right at first: explain again" in told


def test_every_vote_of_the_course_is_a_form_with_an_outcome(built):
    """Their numbers are those of the cells that call vote and reveal, whatever else stands in these cells."""
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        html = (built / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert html.count('class="jq-ballot"') == code.count("= vote("), path.stem
        assert html.count('class="jq-outcome"') == code.count(".reveal("), path.stem


def test_a_chart_is_drawn_when_a_reader_comes_near(visit):
    page = visit("notebooks/06-watermarks-and-limiters.html")
    chart = page.locator(".jq-chart").first
    assert page.evaluate("typeof Plotly") == "undefined"
    words = chart.locator("figcaption").inner_text().split()[:3]
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".main-svg").first).to_be_visible(timeout=60_000)  # it's 4 MB of script
    expect(chart.locator(".gtitle")).to_contain_text(" ".join(words))


def test_a_reader_searches_and_takes_a_notebook_away(visit, tmp_path):
    page = visit("search.html?q=orphan")
    expect(page.locator("#search-results li").first).to_be_visible()
    expect(page.locator("#search-results")).to_contain_text("Consumer groups")

    page = visit(LESSON)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the notebook").click()
    download.value.save_as(tmp_path / "taken.ipynb")
    assert (tmp_path / "taken.ipynb").read_bytes() == (ROOT / "notebooks" / "03-reaper.ipynb").read_bytes()


class Links(HTMLParser):
    """The ids and the links of a page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.add(value)
            if name in ("href", "src") and value:
                self.links.append((tag, value))


def test_every_link_leads_to_a_page_and_place_that_exist_and_nothing_is_loaded_from_elsewhere(built):
    pages = {path: Links(path) for path in built.rglob("*.html") if "_static" not in path.parts}
    count, wrong = 0, []
    for path, page in pages.items():
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                wrong += [link] if tag != "a" and parts.scheme != "data" else []
                continue
            count += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (target in pages and parts.fragment and parts.fragment not in pages[target].ids):
                wrong.append(f"{path.relative_to(built)}: {link}")
    assert wrong == []
    assert count > 1000


def press(page, *words):
    for word in words:
        page.locator("#next button", has_text=word).first.click()


def test_a_reader_loses_a_job_in_the_game_and_learns_how_many_orders_lose_it(visit):
    page = visit("notebooks/play.html")
    page.locator("#lose-job-7-the-article-s-reaper").get_by_role("link", name="Play").click()
    expect(page.locator("h1")).to_have_text("Lose job 7: the article's reaper")
    expect(page.locator("#coverage")).to_be_hidden()  # it would give the answer away
    press(page, "rita XPENDING", "rita XRANGE", "rita XACK", "rita crashes")
    while page.locator("#next button").count():
        press(page, "rolf")
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("job 7 was accepted, but never ran")
    orders, losing = page.evaluate("[data.places[0].schedules, data.places[0].losing]")
    expect(outcome).to_contain_text(f"Of all {orders} orders {losing} go wrong")
    expect(page.locator("#coverage")).to_be_visible()
    assert 0 < losing < orders
    assert serious_faults(page) == []

    page.get_by_role("button", name="Start over").click()
    expect(outcome).to_be_empty()
    expect(page.locator("#coverage")).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_a_good_reaper_loses_nothing_in_any_order(visit, size):
    page = visit("play/one-step.html", size)
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size]["width"]
    while page.locator("#next button").count():
        press(page, "rolf" if page.locator("#next button", has_text="rolf").count() else "rita")
    expect(page.locator("#outcome")).to_contain_text("every rule holds")
    page.get_by_role("button", name="Show me everything").click()
    orders = page.evaluate("data.places[0].schedules")
    expect(page.locator("#outcome")).to_contain_text(f"None of all {orders} orders breaks a rule")


@pytest.mark.parametrize("name", ["last-place", "too-early"])
def test_the_other_games_can_be_won(visit, name):
    """By the shortest way that the page itself would show."""
    page = visit(f"play/{name}.html")
    page.evaluate("() => { const [, places] = data.problems[0]; for (const target of places) go(target) }")
    expect(page.locator("#outcome")).to_contain_text("You did it")


SHOWN = """root => [...root.querySelectorAll('.jq-live text')].filter(node => node.checkVisibility())
                 .map(node => [node.dataset.k ?? '', node.textContent]).filter(([_, text]) => text.trim())"""


def test_a_recording_plays_pauses_and_steps_from_mark_to_mark(visit):
    page = visit(LESSON)
    player = page.locator(".jq-player").first
    player.scroll_into_view_if_needed()
    status = player.get_by_role("status")
    expect(status).to_contain_text("kill -9 ada", timeout=30_000)  # a moment worth a look, before you press play
    expect(player.locator(".jq-live")).to_contain_text("orphans of ada")

    player.get_by_label("Speed").select_option("4")
    player.get_by_role("button", name="Play").click()
    page.wait_for_function("() => +document.querySelector('.jq-player').dataset.at > 30")
    expect(player.locator(".jq-live")).to_have_attribute("data-state", "live")
    player.get_by_role("button", name="Pause").click()
    player.get_by_label("Second of the recording").fill("0.5")
    marks = player.locator(".mark").count()
    assert marks > 5
    labels = set()
    for _ in range(marks):
        player.get_by_role("button", name="Next mark").click()
        labels.add(status.inner_text())
    assert len(labels) > 5 and any("kill -9 rita" in label for label in labels)
    assert serious_faults(page, ".jq-player") == []


def test_a_recording_is_played_from_the_keyboard(visit):
    page = visit(LESSON)
    player = page.locator(".jq-player").first
    player.scroll_into_view_if_needed()
    slider, status = player.get_by_label("Second of the recording"), player.get_by_role("status")
    expect(status).to_contain_text("kill -9 ada", timeout=30_000)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    expect(player.locator(".keys")).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.press("n")
    first = status.inner_text()
    page.keyboard.press("n")
    expect(status).not_to_have_text(first)
    page.keyboard.press("p")
    expect(status).to_have_text(first)
    before = float(slider.input_value())
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) == pytest.approx(before + 1, abs=0.11)
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-state", "playing")
    page.keyboard.press("Tab")  # out of it
    player.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-state", "paused")
    assert slider.bounding_box()["height"] >= 24


def test_the_first_page_plays_by_itself_and_says_what_happened(visit):
    page = visit("index.html", "phone", has_touch=True)
    player = page.locator(".jq-player")
    box = player.locator(".play").bounding_box(timeout=30_000)
    assert box["y"] + box["height"] < SIZES["phone"]["height"]  # one screen shows what it is, and what to press
    page.wait_for_function("() => +document.querySelector('.jq-player').dataset.at > 5")
    for words in ("kill -9", "orphans are reaped"):
        expect(player.locator(".label")).to_contain_text(words, timeout=60_000)
    player.get_by_role("button", name="Pause").tap()
    expect(player).to_have_attribute("data-state", "paused")


def test_the_first_page_stands_still_for_a_reader_who_wants_less_motion(visit):
    page = visit("index.html", reduced_motion="reduce")
    player = page.locator(".jq-player")
    expect(player.get_by_role("status")).to_contain_text("kill -9", timeout=30_000)
    expect(player).to_have_attribute("data-state", "fresh")
    player.get_by_role("button", name="Play").click()
    expect(player).to_have_attribute("data-state", "playing")


def test_every_page_says_where_to_open_the_course(built):
    pages = [path for path in built.rglob("*.html") if "_static" not in path.parts and path.name != "search.html"]
    for path in pages:
        html = path.read_text(encoding="utf-8")
        if path.parent.name == "play":
            assert '<a href="../notebooks/play.html">All games</a>' in html
        else:
            assert "Open in Binder" in html and ">Run it yourself<" in html, path
    assert len(pages) > 40


def test_a_reader_who_jumps_sees_what_a_reader_who_waits_sees(visit):
    """Of the recording's end: played message by message, and put together from all of them."""
    page = visit(LESSON, reduced_motion="reduce")
    player = page.locator(".jq-player").first
    player.scroll_into_view_if_needed()
    slider = player.get_by_label("Second of the recording")
    end = slider.get_attribute("max")
    slider.fill(f"{float(end) - 2:.1f}")
    player.get_by_label("Speed").select_option("4")
    player.get_by_role("button", name="Play").click()
    last = page.evaluate("Math.max(...[...document.querySelectorAll('.jq-player')].map(player => +player.dataset.at))")
    page.wait_for_function("() => document.querySelector('.jq-player').dataset.state === 'paused'")
    page.wait_for_timeout(1500)  # with reduced motion the picture draws once a second
    waited = sorted(player.evaluate(SHOWN))  # squares may be drawn in another order
    slider.fill("1")
    slider.fill(end)
    page.wait_for_timeout(1500)
    assert sorted(player.evaluate(SHOWN)) == waited
    assert len(waited) > 20 and int(player.get_attribute("data-at")) > last


def test_recordings_are_small(built):
    scripts = list((built / "_static" / "recordings").iterdir())
    assert scripts
    assert {path.name: path.stat().st_size for path in scripts if path.stat().st_size >= 300_000} == {}
