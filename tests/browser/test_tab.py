"""The checkers and lessons in a browser tab: built, served as plain files, used, and used again without a network."""

import functools
import itertools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser.conftest import elsewhere
from jobqueue.errors import BadSetting
from jobqueue.lab.tab.gather import gather

ROOT = Path(__file__).parents[2]
SLOW = 240_000  # milliseconds: a check loads Python first, and other tests may run next to this one

ENDLESS = """
async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    while True:
        pass
"""

#: Cells that can't run in the tab, and what they say. Then two that look where modules come from.
LACKING = [
    ("import numpy\ntable = numpy.eye(2)", "not in this tab: the package numpy"),
    ("table.sum()", "not in this tab: table, because the cell that makes it can't run here"),
    ("import pandas\npandas.read_csv('a.csv')", "not in this tab: the package pandas"),
    ("await world.client().memory_usage('k')", "not in this tab: a command of Redis"),
    ("await world.faults.kill_redis()", "not in this tab: faults of Redis"),
    ("await world.close()\nprint('closed')", "closed"),
    ("import jobqueue.queue as module\nprint(module.__file__)", "packages.zip/jobqueue/queue.pyc"),
    ("import json as module\nprint(module.__file__)", "json/__init__.pyc"),
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
        elsewhere(gather, ROOT, out)
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
def open_page(new_context, network):
    """Opens the page. It may ask no other host for anything."""
    address = f"http://127.0.0.1:{network.server_port}/"
    complaints = []

    def judge(request):
        if not request.url.startswith((address, f"blob:{address}", "data:", "about:")):
            complaints.append(f"asked for {request.url}")

    def open_page(**options):
        context = new_context(**options)
        context.on("request", judge)
        context.on("weberror", lambda error: complaints.append(f"{error.error}"))
        context.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page = context.new_page()
        page.goto(address + "index.html")
        return page

    yield open_page
    new_context.close()
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

    write(page, solution("reaper"))
    check(page, "passed")
    expect(page.locator("#verdict")).to_contain_text("0 lost")

    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    network.shutdown()
    network.server_close()
    page.reload()
    page.select_option("#piece", "reaper")
    check(page, "passed")  # the code was kept


def test_the_page_fits_and_has_no_serious_accessibility_fault(open_page):
    page = open_page()
    expect(page.locator(".cm-content")).to_be_visible()
    for width, scheme in itertools.product((1280, 390), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, scheme
        assert serious_faults(page) == [], (width, scheme)


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


def run_cell(cell, code=None):
    """Run this cell, with other code if there's any; returns its output when it's done."""
    if code:
        cell.locator(".cm-content").click()
        cell.page.keyboard.press("Control+a")
        cell.page.keyboard.insert_text(code)
    run = cell.get_by_role("button", name="Run cell")
    run.click()
    expect(run).to_be_enabled(timeout=SLOW)
    return cell.locator(".output")


def solution(name):
    """The kit's answer to an exercise."""
    return files("jobqueue.lab.solutions").joinpath(f"{name}.py").read_text(encoding="utf-8")


def cell_with(page, words):
    """The cell whose code has these words."""
    return page.locator(".cell", has=page.locator(".cm-content", has_text=words))


def open_lesson(page, number):
    page.goto(page.url.replace("index.html", f"lesson.html#{number}"))
    expect(page.locator(".cell .cm-content").first).to_be_visible()


def read_lesson(page, workers="tasks in this tab"):
    """Run lesson 00, and kill a worker by its button in the picture."""
    run_cells(page, "world.until_done(part=0.1)")
    expect(page.locator("#picture")).to_contain_text(f"Workers: {workers}")
    page.locator("#picture button:not([disabled])").first.click()
    expect(run_cells(page, "world.busy()")).to_contain_text("pending")
    expect(page.locator("#picture .jq-live")).not_to_have_attribute("data-orphans", "0")
    expect(run_cells(page, "most_orphans")).not_to_contain_text("0 orphans at")
    expect(run_cells(page, "row.orphan")).to_contain_text("orphans left: 0")
    expect(run_cells(page, "lost {account.lost}")).to_contain_text("accepted but not done 0 · lost 0 · wrong 0")


def test_a_reader_kills_a_worker_and_does_it_again_without_a_network(open_page, network):
    page = open_page()
    open_lesson(page, "00")
    read_lesson(page)
    assert serious_faults(page) == []

    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    network.shutdown()
    network.server_close()
    page.reload()
    open_lesson(page, "00")
    read_lesson(page)
    last = page.locator(".cell").last
    for code, outcome in LACKING:
        expect(run_cell(last, code)).to_contain_text(outcome)


#: More to do to the two workers that are left in lesson 00.
FREEZE = """
await world.enqueue_library(seconds=4, files=40)
frozen, late = world.fleet.alive
print(late)
await world.until(lambda frame: all(row.running for row in frame.workers if row.state != "dead"))
await world.faults.delay(late.name, 0.2)
world.freeze(frozen.name)
frame = await world.until(lambda frame: frame.reaped and frame.done + 8 >= frame.accepted)
print([(row.state, row.faults) for row in frame.workers if row.state != "dead"])
world.thaw(frozen.name)
await world.faults.heal()
await world.until_done()
account = await world.account()
print(f"not done {account.accepted - account.done} lost {account.lost} wrong {account.wrong}")
"""


@pytest.mark.parametrize(
    ("worker", "workers"), [("a Web Worker", "Web Workers"), ("tasks in this tab", "tasks in this tab")]
)
def test_a_reader_kills_freezes_and_delays_workers_of_both_kinds(open_page, worker, workers):
    page = open_page()
    open_lesson(page, "00")
    if workers == "Web Workers":
        page.get_by_label("Web Worker").check()
        page.wait_for_url("**/lesson.html?workers=web#00")
    read_lesson(page, workers)
    output = run_cell(page.locator(".cell").last, FREEZE)
    expect(output).to_contain_text(f"{worker}, alive")
    expect(output).to_contain_text("'frozen'")
    expect(output).to_contain_text("['delay 0.2 s']")
    expect(output).to_contain_text("not done 0 lost 0 wrong 0")


def test_a_reader_votes_runs_lesson_03_whole_and_mends_its_reaper(open_page):
    page = open_page()
    open_lesson(page, "03")
    run_cells(page, "03-reaper-dies")
    page.get_by_role("button", name="is in no place").click()
    expect(run_cells(page, "worst.reveal")).to_contain_text("You saw it coming")
    expect(page.locator("#picture .jq-live")).not_to_have_attribute("data-frames", "0")
    verdict = run_cells(page, "await check.reaper")
    expect(verdict).to_contain_text("requeue-without-ack")
    expect(verdict.locator("h4")).to_have_count(1)  # shown once
    judge = cell_with(page, "await check.reaper")
    run_cell(cell_with(page, "def reap_stale_jobs"), ENDLESS)
    judge.get_by_role("button", name="Run cell").click()
    expect(page.locator("#news")).to_contain_text("Running")
    page.click("#stop")
    expect(judge.locator(".output")).to_contain_text("stopped")
    code = "from jobqueue.explorer.isolation import session\nsession.SILENCE = {}\nawait check.reaper(reap_stale_jobs)"
    expect(run_cell(judge, code.format(3))).to_contain_text("no sign of life for 3 s")
    run_cell(cell_with(page, "def reap_stale_jobs"), solution("reaper"))
    expect(run_cell(judge, code.format(60))).to_contain_text("0 lost")
    expect(run_cells(page, "keep(")).to_contain_text("is kept in my_queue.py")
    expect(run_cells(page, "enqueued 8")).to_contain_text("gone 0, doubled 0")
    run_cells(page, "await world.close()")
    expect(page.locator("#cells")).not_to_contain_text("not in this tab")
    page.reload()
    expect(cell_with(page, "session.SILENCE = 60")).to_have_count(1)  # what a reader wrote is kept


def test_a_browser_without_stack_switching_says_why_it_cannot_check(open_page):
    page = open_page()

    def take_it_away(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=f"delete WebAssembly.Suspending\n{answer.text()}")

    page.route("**/python.js", take_it_away)
    open_lesson(page, "03")
    code = ENDLESS + "from jobqueue.lab import check\nawait check.reaper(reap_stale_jobs)"
    expect(run_cell(page.locator(".cell").first, code)).to_contain_text("lacks WebAssembly stack switching (JSPI)")


def test_a_reader_votes_in_lesson_07_mends_its_pick_and_finds_it_in_lesson_12(open_page):
    page = open_page()
    open_lesson(page, "07")
    run_cells(page, "07-low-job")
    page.get_by_role("button", name="Until the flood is over").click()
    expect(run_cells(page, "low_job.reveal")).to_contain_text("You saw it coming")
    judge = run_cells(page, "await check.pick(pick)")
    expect(judge).to_contain_text("strict-priority")
    expect(judge.locator("h4")).to_have_count(1)  # shown once
    run_cell(cell_with(page, "def pick(heads)"), solution("pick"))
    expect(run_cell(cell_with(page, "await check.pick(pick)"))).to_contain_text("every rule held")
    expect(run_cells(page, "keep(pick)")).to_contain_text("is kept in my_queue.py")
    expect(run_cells(page, "waits.sort_values()")).to_contain_text("high normal low")
    expect(run_cells(page, "others[1] > others[0]")).to_contain_text("with strict priority: 0")
    run_cells(page, "await world.close()")
    lacking = page.get_by_text("not in this tab: charts, because the package plotly isn't here")
    expect(lacking).to_have_count(2)
    expect(page.get_by_text("not in this tab")).to_have_count(2)
    page.click("#lessons a:has-text('12')")
    expect(page).to_have_title("Lesson 12 in this tab")
    expect(run_cells(page, "my_queue()")).to_contain_text("pick            · yours, from my_queue.py")


def test_a_reader_loses_a_job_by_hand_in_lesson_12_and_proves_the_rest(open_page):
    page = open_page()
    open_lesson(page, "12")
    panel = run_cells(page, "Play(reaping")
    for name in ("step", "step", "step", "crash", "step"):
        panel.get_by_role("button", name=name, exact=True).first.click()
        expect(panel.get_by_role("button", name="undo")).to_be_enabled(timeout=SLOW)
    expect(panel).to_contain_text("You did it")
    assert serious_faults(page) == []
    expect(run_cells(page, "report.losing")).to_contain_text("202 of 882 schedules go wrong")
    tried = run_cells(page, "tried.append(f\"{' and '.join")
    expect(tried).to_contain_text("rita and rolf, up to 2 faults: a crash, a lost reply · schedules: 2,940")
    proved = run_cells(page, '"lose_reply", "pass_time"')
    expect(proved).to_contain_text("holds: 0 of 1,238 schedules go wrong")
    expect(run_cells(page, "lost {20 - done}")).to_contain_text("accepted 20 · done 20 · lost 0")
    expect(run_cells(page, "table.schedules.tolist()")).to_contain_text("[1, 4, 16, 66, 702, 3696]")
    run_cells(page, "await world.close()")
    expect(page.locator("#cells")).not_to_contain_text("not in this tab")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_lesson_fits(open_page, width):
    page = open_page(viewport={"width": width, "height": 900})
    open_lesson(page, "03")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_faults(page) == []
