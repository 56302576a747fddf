"""The page on which one walks through all states: opened as a file, by mouse and by keyboard, in light and dark."""

import asyncio

import pytest
from playwright.sync_api import expect

from browser.conftest import elsewhere
from jobqueue.explorer import Faults, Scenario, explore
from jobqueue.explorer.invariants import healthy, nothing_lost

JOB = "</script><b>job"


async def worker(redis, world):
    if reply := await redis.xreadgroup("group", world.name, {"jobs": ">"}, count=1):
        [(entry, fields)] = reply[0][1]
        await redis.xack("jobs", "group", entry)
        await world.step("ran", fields["id"])


async def two_jobs(redis, world):
    for number in (1, 2):
        await redis.xadd("jobs", {"id": f"{JOB} {number}"})
    await redis.xgroup_create("jobs", "group", "0")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    scenario = Scenario(
        {"ada": worker, "ben": worker},
        two_jobs,
        healthy("jobs", "group"),
        [nothing_lost],
        faults=Faults(crash=1),
        title="Acknowledge, then work",
    )
    report = elsewhere(asyncio.run, explore(scenario))
    assert report.problem.kind == "lost"
    return report.save(tmp_path_factory.mktemp("walk") / "graph.html"), report


@pytest.fixture
def open_page(new_context):
    def open_page(path, **options):
        page = new_context(**options).new_page()
        page.on("pageerror", lambda error: pytest.fail(f"{error}"))
        page.on("request", lambda request: request.url.startswith("file:") or pytest.fail(f"it loads {request.url}"))
        page.goto(path.as_uri())
        return page

    return open_page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_walk_to_a_problem_and_back(saved, open_page, scheme):
    path, report = saved
    page = open_page(path, viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    expect(page.locator("#coverage")).to_contain_text(f"{report.schedules} schedules")
    expect(page.locator("#redis")).to_contain_text(f"{JOB} 1")  # as text: it breaks out of nothing
    assert page.locator("#redis b", has_text="job 1").count() == 0

    page.get_by_role("button", name="Show me: lost by a crash").click()
    steps = page.locator("#story li")
    count = steps.count()
    for _ in range(count):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#next .finding")).to_contain_text("lost")
    expect(page.locator("#story .later")).to_have_count(0)

    page.keyboard.press("ArrowLeft")
    expect(page.locator("#story .later")).to_have_count(1)
    expect(page.locator("#next .fault").first).to_be_visible()
    page.reload()  # the address says where you are
    expect(page.locator("#story .later")).to_have_count(1)
    page.keyboard.press("Home")
    expect(page.locator("#story .later")).to_have_count(count)


def test_choices_lead_on_and_their_ways_add_up(saved, open_page):
    path, report = saved
    page = open_page(path)
    buttons = page.locator("#next button")
    words = " ".join(buttons.all_inner_texts())
    assert "ada XREADGROUP" in words and "ben crashes here" in words
    ways = page.evaluate("data.places[0].roads.reduce((sum, road) => sum + data.places[road[5]].schedules, 0)")
    assert ways == report.schedules
    while buttons.count():
        page.keyboard.press("1")
    expect(page.locator("#next p").first).to_contain_text("Every rule holds")
    expect(page.locator("#programs")).to_contain_text("ada ended")
