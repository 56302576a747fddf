"""The checkers and lesson 00 in a browser tab: built, served as plain files, used, and used again without a network."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from jobqueue.errors import BadSetting
from jobqueue.lab.tab.gather import gather

ROOT = Path(__file__).parents[2]
SLOW = 240_000  # milliseconds: a check loads Python first, and other tests may run next to this one

ENDLESS = """
async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    while True:
        pass
"""

#: Cells that can't run in the tab, and what they say.
LACKING = [
    ("import pandas", "not in this tab: this needs the package pandas"),
    (
        f"{ENDLESS}\nfrom jobqueue.lab import check\nawait check.reaper(reap_stale_jobs)",
        "not in this tab: the checkers",
    ),
    ("await world.faults.delay('cleo', 1)", "not in this tab: faults of the network"),
    ("await world.faults.kill_redis()", "not in this tab: faults of Redis"),
    ("await world.close()\nprint('closed')", "closed"),
]

pytestmark = pytest.mark.timeout(900)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the page."""
    out = tmp_path_factory.mktemp("site") / "tab"
    try:
        gather(ROOT, out)
    except BadSetting as why:
        pytest.skip(f"{why}")
    return out


@pytest.fixture
def network(built):
    """A static file server. Its shutdown() and server_close() cut the network."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=built))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_page(browser_path, network):
    """Opens the page. It may ask no other host for anything."""
    address = f"http://127.0.0.1:{network.server_port}/"
    complaints = []

    def judge(request):
        if not request.url.startswith((address, f"blob:{address}", "data:", "about:")):
            complaints.append(f"asked for {request.url}")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--disable-gpu"])

        def open_page(**options):
            context = browser.new_context(**options)
            context.on("request", judge)
            context.on("weberror", lambda error: complaints.append(f"{error.error}"))
            page = context.new_page()
            page.goto(address + "index.html")
            return page

        yield open_page
        browser.close()
    assert complaints == []


def write(page, code):
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def check(page, outcome):
    """Press Check it, and wait for the outcome."""
    page.click("#check")
    expect(page.locator("#check")).to_be_enabled(timeout=SLOW)
    expect(page.locator("#news")).to_contain_text(outcome)


def serious_faults(page):
    faults = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]][:3])
        for fault in faults
        if fault["impact"] in ("serious", "critical")
    ]


def test_a_reader_finds_a_bug_kills_a_loop_mends_it_and_goes_on_without_a_network(open_page, network):
    page = open_page()
    page.select_option("#piece", "reaper")
    check(page, "found a problem")
    expect(page.locator("#verdict")).to_contain_text("F20")
    assert serious_faults(page) == []

    write(page, ENDLESS)
    page.click("#check")
    expect(page.locator("#news")).not_to_contain_text("Loading", timeout=SLOW)
    page.click("#stop")
    expect(page.locator("#news")).to_contain_text("Killed")

    write(page, files("jobqueue.lab.solutions").joinpath("reaper.py").read_text(encoding="utf-8"))
    check(page, "passed")
    expect(page.locator("#verdict")).to_contain_text("0 lost")

    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    network.shutdown()
    network.server_close()
    page.reload()
    page.select_option("#piece", "reaper")
    check(page, "passed")  # the code was kept


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_has_no_serious_accessibility_fault(open_page, width, scheme):
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    expect(page.locator(".cm-content")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_faults(page) == []


def run_cells(page, until):
    """Run cells from the next one on, up to the one that contains `until`; returns its output."""
    cells = page.locator(".cell")
    [last] = [at for at in range(cells.count()) if until in cells.nth(at).locator(".cm-content").inner_text()]
    while True:
        page.click("#all")
        expect(page.locator("#all")).to_be_enabled(timeout=SLOW)
        expect(page.locator("#news")).to_contain_text("is done")
        if page.locator("#news").inner_text().startswith(f"Cell {last + 1} "):
            return cells.nth(last).locator(".output")


def read_lesson(page):
    """Run lesson 00, and kill a worker by its button in the picture."""
    page.goto(page.url.replace("index.html", "lesson.html"))
    expect(page.locator(".cell .cm-content").first).to_be_visible()
    run_cells(page, "world.until_done(part=0.1)")
    page.locator("#picture button:not([disabled])").first.click()
    expect(run_cells(page, "world.busy()")).to_contain_text("pending")
    expect(page.locator("#picture .jq-live")).not_to_have_attribute("data-orphans", "0")
    expect(run_cells(page, "most_orphans")).not_to_contain_text("0 orphans at")
    expect(run_cells(page, "row.orphan")).to_contain_text("orphans left: 0")
    expect(run_cells(page, "lost {account.lost}")).to_contain_text("accepted but not done 0 · lost 0 · wrong 0")


def test_a_reader_kills_a_worker_and_does_it_again_without_a_network(open_page, network):
    page = open_page()
    read_lesson(page)
    assert serious_faults(page) == []

    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    network.shutdown()
    network.server_close()
    page.reload()
    read_lesson(page)
    last = page.locator(".cell").last
    for code, outcome in LACKING:
        last.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(code)
        last.get_by_role("button").click()
        expect(last.locator(".output")).to_contain_text(outcome, timeout=SLOW)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_lesson_fits(open_page, width):
    page = open_page(viewport={"width": width, "height": 900})
    page.goto(page.url.replace("index.html", "lesson.html"))
    expect(page.locator(".cell .cm-content").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_faults(page) == []
