"""The projector and phones at once, each a real page: a whole vote, a reload, a lost connection, a restart."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from workshop_steps import VOTE, new_learner, send, serving, verdict

PHONE = {"width": 360, "height": 740}
PROJECTOR = {"width": 1280, "height": 720}


@pytest.fixture
def pages(new_context):
    """`pages(size, url)` opens a page of a browser of its own kind; none may have an error in the end."""
    errors = []

    def open_page(size, url, **options):
        page = new_context(viewport=size, **options).new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else 0)
        page.goto(url)
        return page

    yield open_page
    new_context.close()
    assert errors == []


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=60_000)


@pytest.fixture
def workshop(tmp_path):
    with serving(tmp_path) as server:
        yield server


def go_to(projector, place):
    projector.locator("#place").select_option(label=place)


def choose(phone, number):
    phone.locator("#options button:enabled").nth(number).click()
    expect(phone.locator("#note")).to_contain_text("is counted")


def test_a_vote_is_opened_closed_shown_voted_on_again_and_revealed(workshop, pages):
    projector = pages(PROJECTOR, workshop.projector)
    ada, ben = (pages(PHONE, workshop.join) for _ in range(2))
    expect(projector.locator(".here")).to_have_text("2 learners are here")
    assert workshop.key not in projector.url and workshop.code not in ada.url, "a class can read the address bar"
    expect(ada.locator("#note")).to_contain_text("nothing to vote on yet")

    go_to(projector, "03 · Vote 1")
    projector.locator("[data-action=open]").click()
    choose(ada, 0)
    choose(ada, 1)
    expect(projector.locator(".status")).to_have_text("1 of 2 have voted")
    choose(ben, 2)
    expect(projector.locator(".status")).to_have_text("2 of 2 have voted")
    expect(projector.locator(".bar")).to_have_count(0)

    projector.locator("[data-action=close]").click()
    expect(projector.locator(".shares")).to_have_text(["0 %", "50 %", "50 %", "0 %"])
    expect(projector.locator(".right")).to_have_count(0)
    expect(ada.locator("#note")).to_have_text("Voting is closed.")
    expect(ada.locator("#options button:enabled")).to_have_count(0)
    projector.locator("#ask summary").click()
    expect(projector.locator("#advice")).to_contain_text("Discuss in pairs, and vote again.")
    expect(projector.locator("#advice")).to_contain_text("How many commands is it?")

    projector.locator("[data-action=again]").click()
    expect(ada.locator("#round")).to_have_text("Second vote")
    choose(ada, 2)
    choose(ben, 2)
    projector.locator("[data-action=close]").click()
    expect(projector.locator(".shares")).to_have_text(["0 % → 0 %", "50 % → 0 %", "50 % → 100 %", "0 % → 0 %"])
    projector.locator("[data-action=reveal]").click()
    expect(projector.locator(".row.right .letter")).to_have_text("C")
    expect(projector.locator(".change")).to_contain_text(
        "1 changed to the right answer, 0 away from it, 1 had it right twice"
    )
    expect(ada.locator("#outcome")).to_contain_text("You changed your mind, and you were right.")
    expect(ben.locator("#outcome")).to_contain_text("You saw it coming.")
    for page in (projector, ada):
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_a_reload_keeps_the_answer_and_the_learner(workshop, pages):
    projector, phone = pages(PROJECTOR, workshop.projector), pages(PHONE, workshop.join)
    go_to(projector, "03 · Vote 1")
    projector.locator("[data-action=open]").click()
    choose(phone, 3)
    phone.reload()
    expect(phone.locator("[aria-pressed=true]")).to_contain_text("D")
    projector.reload()
    expect(projector.locator(".question")).to_contain_text("The reaper is killed")
    expect(projector.locator(".status")).to_have_text("1 of 1 has voted")


def test_pages_come_back_when_the_workshop_does_and_bring_what_was_chosen_meanwhile(tmp_path, pages):
    with serving(tmp_path) as first:
        projector, phone = pages(PROJECTOR, first.projector), pages(PHONE, first.join)
        go_to(projector, "03 · Vote 1")
        projector.locator("[data-action=open]").click()
        choose(phone, 0)
        first.kill()
        first.wait(timeout=20)
        phone.locator("#options button").nth(2).click()
        expect(projector.locator("#note")).to_contain_text("Trying again")
    with serving(tmp_path, port=first.port):
        expect(phone.locator("#note")).to_contain_text("C is counted")
        expect(projector.locator("#note")).to_have_text("")
        projector.locator("[data-action=close]").click()
        expect(projector.locator(".shares")).to_have_text(["0 %", "0 %", "100 %", "0 %"])


def test_a_phone_without_a_network_sends_its_answer_when_it_has_one(workshop, pages):
    projector, phone = pages(PROJECTOR, workshop.projector), pages(PHONE, workshop.join)
    go_to(projector, "03 · Vote 1")
    projector.locator("[data-action=open]").click()
    choose(phone, 0)
    phone.context.set_offline(True)
    phone.locator("#options button").nth(1).click()
    expect(phone.locator("#note")).to_contain_text("sending")
    phone.context.set_offline(False)
    expect(phone.locator("#note")).to_contain_text("B is counted")


def test_a_code_is_typed_in_small_letters_and_a_wrong_one_is_told(workshop, pages):
    phone = pages(PHONE, f"{workshop.url}/")
    for code, words in (("AAAA-AAAA", "wrong code"), (workshop.code.lower(), "nothing to vote on yet")):
        phone.locator("#code").fill(code)
        phone.locator("#enter button").click()
        expect(phone.locator("#note")).to_contain_text(words)


def test_a_name_with_a_script_in_it_is_shown_as_it_is(workshop, pages):
    name = "<img src=x onerror=alert(1)>"
    phone = pages(PHONE, workshop.join)
    phone.locator("#who summary").click()
    phone.locator("#name").fill(name)
    phone.locator("#naming button").click()
    expect(phone.locator("#naming")).to_be_hidden()
    projector = pages(PROJECTOR, workshop.projector)
    go_to(projector, "03 · Vote 1")
    projector.locator("[data-action=open]").click()
    choose(phone, 0)
    projector.locator("a").click()
    expect(projector.locator("#learners td").nth(1)).to_have_text(name)
    expect(projector.locator("td img")).to_have_count(0)
    with projector.expect_download() as download:
        projector.locator("[data-kind=csv]").click()
    assert VOTE in download.value.path().read_text(encoding="utf-8")


def test_the_exercise_says_which_bug_the_class_has(workshop, pages):
    projector = pages(PROJECTOR, workshop.projector)
    go_to(projector, "03 · Exercise")
    for passed, failure in ((True, None), (False, "F20"), (False, "F20")):
        assert send(workshop, "/api/verdict", verdict(new_learner(), passed=passed, failure=failure)).status_code == 200
    assert send(workshop, "/api/hello", {"learner": new_learner()}).status_code == 200
    expect(projector.locator(".row")).to_have_text(
        ["1passed25 %", "2Acknowledge, then requeue (F20)50 %", "1haven't run it25 %"]
    )


def test_the_longest_vote_fits_on_a_small_projector_and_the_clock_runs(workshop, pages):
    projector = pages(PROJECTOR, workshop.projector)
    places = projector.locator("#place option").all_text_contents()
    for place in (each for each in places if "Vote" in each):
        go_to(projector, place)
        projector.locator("[data-action=open]").click()
        projector.locator("[data-action=close]").click()
        projector.locator("[data-action=reveal]").click()
        expect(projector.locator(".outcome")).to_be_visible()
        assert projector.locator("#slide").evaluate("box => box.scrollHeight <= box.clientHeight"), place
        assert projector.locator(".words").first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 18
    projector.locator("#minutes").select_option("2")
    projector.locator("#timing button").click()
    expect(projector.locator("#clock")).to_contain_text("1:5")


def test_without_its_key_the_projector_says_what_to_do(workshop, pages):
    projector = pages(PROJECTOR, f"{workshop.url}/projector")
    expect(projector.locator("#note")).to_contain_text("Open the address that `jobqueue workshop` printed")
