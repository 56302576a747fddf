"""Every button and dial of the control room, pressed in a real JupyterLab: its effect in the picture, and in Redis."""

import json

import nbformat
import pytest
import redis
from nbformat.v4 import new_code_cell

from helpers import eventually
from jobqueue.keys import GROUP, Keys
from jobqueue.lab.room.desk import LEASES, RATES
from jobqueue.lab.room.orders import NETWORK, ORDERS, PROCESS, REDIS

NOTEBOOK = "control-room.ipynb"
KEYS = Keys("jobs")
DESK = ".jq-desk .rows"


class Room:
    """The control room in the page, and a connection of our own to its Redis."""

    def __init__(self, page):
        self.lab, self.page = page, page.page
        self.pressed = set()
        self.url = None

    def press(self, name):
        """Press a button, and wait until the room has said what it did."""
        self.pressed.add(name)
        self.page.locator(f"[data-do='{name}']").click()
        says = ORDERS[name].says.format(worker=self.chosen()) if name in ORDERS else ""
        self.lab.wait_for("says => document.querySelector('.jq-bar .news').textContent.includes(says)", says)

    def turn(self, name, value):
        """Turn a dial to a position, or choose from its list."""
        dial = self.page.locator(f"[data-do='{name}']")
        dial.select_option(value) if dial.evaluate("dial => dial.tagName") == "SELECT" else dial.fill(str(value))

    def choose(self, worker):
        self.page.locator(f"{DESK} [data-value='{worker}']").click()
        self.lab.wait_for(f"document.querySelector(`{DESK} [data-value='{worker}']`).ariaChecked === 'true'")

    def chosen(self):
        return self.page.locator(f"{DESK} [aria-checked=true]").get_attribute("data-value")

    def row(self, worker, words, there=True):
        """Wait until these words are beside a worker, in the list and in the machine; or are there no more."""
        row = f"document.querySelector(`{DESK} [data-value='{worker}']`)"
        self.lab.wait_for(f"([words, there]) => {row}.textContent.includes(words) === there", [words, there])

    def sees(self, words):
        """Wait until a picture shows these words."""
        self.lab.wait_for(
            """words => [...document.querySelectorAll(".jq-stage text")]
                .some(text => text.checkVisibility() && text.textContent.includes(words))""",
            words,
        )

    def fact(self, condition, picture="machine"):
        """Wait until this holds of the numbers (`it`) on the machine, or on the bar."""
        root = ".jq-bar .jq-live" if picture == "bar" else f".jq-shows-{picture} .jq-live"
        return self.lab.wait_for(f"() => {{ const it = document.querySelector('{root}').dataset; return {condition} }}")

    # ── what Redis itself says

    @property
    def redis(self):
        return redis.Redis.from_url(self.url, decode_responses=True, socket_timeout=5)

    def pending(self, worker, tier="normal"):
        found = self.redis.xpending(KEYS.stream(tier), GROUP)["consumers"]
        return next((row["pending"] for row in found if row["name"] == worker), 0)

    def total(self, name):
        return int(self.redis.hget(KEYS.totals, name) or 0)


@pytest.fixture
def room(page, lab):
    """The notebook's first cells, run: three workers, and the room."""
    notebook = nbformat.read(lab.folder / NOTEBOOK, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"][:2]
    notebook.cells = [*(new_code_cell(cell.source) for cell in cells), new_code_cell("print(world.queue.url)")]
    nbformat.write(notebook, lab.folder / NOTEBOOK)
    page.open(NOTEBOOK)
    page.run_all()
    page.wait_output_text("unix://")
    page.wait_idle()
    room = Room(page)
    [room.url] = [
        text.strip() for text in page.page.locator(".jp-OutputArea-output").all_inner_texts() if "unix://" in text
    ]
    page.wait_for("[...document.querySelectorAll('.jq-desk .row.idle')].length === 3")
    return room


def work(room, rate=20, task="sleep 1 s"):
    """Begin a steady load that three workers just cannot keep up with."""
    room.turn("arrivals", "steady")
    room.turn("task", task)
    room.turn("rate.normal", RATES.index(rate))
    room.fact("+it.accepted > 10", "bar")


def test_every_button_for_a_worker_s_process(room):
    work(room)
    room.choose("ada")
    room.press("freeze")
    room.row("ada", "frozen")
    room.sees("ada frozen")
    reaped = room.total("reaped")
    eventually(lambda: room.total("reaped") > reaped and room.pending("ada") == 0)  # its neighbours took its jobs
    room.press("thaw")
    room.row("ada", "runs")
    room.press("slow")
    room.row("ada", "slow ×4")
    room.sees("slow ×4")
    room.press("quick")
    room.row("ada", "slow ×4", there=False)
    room.press("hoard")
    room.row("ada", "hoards 64")
    room.sees("hoards 64")
    eventually(lambda: room.pending("ada") > 8)
    room.press("share")
    room.row("ada", "hoards 64", there=False)
    room.press("fire")
    room.row("ada", "has left")
    assert "ada" not in {row["name"] for row in room.redis.xinfo_consumers(KEYS.stream("normal"), GROUP)}
    room.choose("cleo")
    room.press("freeze")  # while nobody can reap, the orphans stay, however slowly the picture follows
    room.choose("ben")
    room.press("kill")
    room.fact("+it.orphans > 0")
    assert room.pending("ben") > 0
    room.row("ben", "dead")
    assert room.page.locator("[data-do='kill']").is_disabled()
    room.choose("cleo")
    room.press("thaw")
    room.fact("+it.orphans === 0")
    room.lab.screenshot("control-room")
    assert room.pressed == set(PROCESS)


def test_every_button_for_a_worker_s_network(room):
    work(room)
    room.choose("ada")
    for name, word in {"partition": "cut off", "requests": "requests vanish", "replies": "replies vanish"}.items():
        reaped = room.total("reaped")
        room.press(name)
        room.row("ada", word)
        room.sees(word)
        if name == "replies":  # what it holds, it settles; what it fetches then it never sees
            eventually(lambda: room.pending("ada") == 0 < room.pending("ben"))
        else:  # no heartbeat comes through
            eventually(lambda reaped=reaped: room.total("reaped") > reaped)
        room.press("heal")
        room.row("ada", word, there=False)
        room.row("ada", "runs")  # it has connected anew
    for name, word in {"delay": "delay 0.2 s", "throttle": "2000 bytes/s"}.items():
        room.press(name)
        room.row("ada", word)
        room.sees(word)
    room.press("heal_all")
    room.row("ada", "delay", there=False)
    room.row("ada", "bytes/s", there=False)
    connected = room.redis.info("stats")["total_connections_received"]
    room.press("cut")
    room.sees("ada's connections cut")
    eventually(lambda: room.redis.info("stats")["total_connections_received"] > connected + 1)
    room.press("lose_reply")
    room.sees("ada's next delivery lost")
    room.row("ada", "loses a reply", there=False)  # it is lost by now
    room.row("ada", "runs")
    assert room.pressed == {*NETWORK, "heal_all"}


def test_a_fresh_start_and_an_empty_queue(room):
    work(room, task="kill their worker")
    room.lab.wait_for("document.querySelector('.jq-bar .news').textContent.includes('died by itself')")
    room.press("clear")
    room.fact("+it.accepted === 0 && +it.off === 0", "bar")
    assert room.total("accepted") == 0
    room.press("afresh")
    room.lab.wait_for("[...document.querySelectorAll('.jq-desk .row.idle')].length === 3")
    work(room)
    room.press("partition")
    room.sees(f"{room.chosen()}: cut off")
    room.lab.screenshot("control-room-afresh")


def test_every_button_for_redis(room):
    work(room)
    room.press("pause_redis")
    room.fact("it.redis === 'paused'")
    with pytest.raises(redis.TimeoutError):
        redis.Redis.from_url(room.url, socket_timeout=0.2).ping()
    room.fact("it.redis === 'up'")
    room.press("fill_memory")
    assert room.redis.config_get("maxmemory")["maxmemory"] == "1"
    room.sees("Redis's memory full")
    room.fact("+it.refused > 0", "bar")
    room.press("free_memory")
    assert room.redis.config_get("maxmemory")["maxmemory"] != "1"
    accepted = room.total("accepted")
    room.press("kill_redis")
    room.fact("it.redis === 'down'")
    with pytest.raises(redis.ConnectionError):
        room.redis.ping()
    room.press("restart_redis")
    room.fact("it.redis === 'up'")
    assert room.total("accepted") >= accepted
    assert int(room.fact("it.lost", "bar")) == 0
    room.turn("rate.normal", RATES.index(200))
    room.fact("+it.accepted > 300", "bar")
    room.press("restart_empty")
    _, off = room.fact("+it.lost > 0 && [+it.lost, +it.off]", "bar")
    assert off == 0
    assert room.total("accepted") < int(room.fact("it.accepted", "bar"))
    room.lab.screenshot("control-room-lost")
    assert room.pressed == set(REDIS)


def test_every_dial(room):
    room.turn("policy", "aging, 5 s")
    eventually(lambda: room.redis.hget(KEYS.settings, "policy") == "aging:5")
    room.turn("policy", "workers' own")
    eventually(lambda: room.redis.hget(KEYS.settings, "policy") is None)
    room.turn("lease", LEASES.index(30))
    eventually(lambda: room.redis.hget(KEYS.settings, "lease_ms") == "30000")
    room.lab.wait_for("document.querySelector('[data-k=\"lease.words\"]').textContent === '30 s'")
    room.turn("task", "sleep 10 s")
    room.turn("arrivals", "in bursts of 20")
    room.turn("marks.low", "50–100")
    room.press("flood.low")
    room.fact("+it.refused > 0", "bar")
    depth = lambda tier: room.redis.xlen(KEYS.stream(tier))  # noqa: E731
    assert depth("low") == 100
    room.press("flood.low")
    room.lab.wait_for("document.querySelector('[data-do=\"flood.low\"]').ariaPressed === 'false'")
    for tier in ("high", "normal"):
        room.turn(f"rate.{tier}", RATES.index(50))
        eventually(lambda tier=tier: depth(tier) > 20)
        room.turn(f"rate.{tier}", 0)
    room.press("hire")
    room.lab.wait_for("document.querySelectorAll('.jq-desk .row.running').length === 4")


def test_the_keys_stay_the_room_s_when_what_was_pressed_can_be_pressed_no_more(room):
    hidden = "!document.querySelector('.jq-desk').offsetWidth"
    room.press("kill")
    room.lab.wait_for("document.querySelector('.jq-desk [data-do=kill]').disabled")
    for condition in (hidden, f"!({hidden})", hidden):
        room.page.keyboard.press("h")
        room.lab.wait_for(condition)
    for key in "dd":  # in JupyterLab's hands they would delete the cell
        room.page.keyboard.press(key)
    assert room.page.locator(".jp-CodeCell").count() == 3
    assert room.page.locator(".jp-Dialog").count() == 0


def test_one_key_fills_the_screen_and_what_cannot_be_done_is_said_in_a_line(room):
    full = "!!document.fullscreenElement?.classList.contains('jq-room')"
    shown = "name => document.querySelector(`.jq-shows-${name}`).offsetWidth > 0"
    room.page.locator(".jq-desk [data-do='hire']").focus()
    for key, condition in (("f", full), ("h", "!document.querySelector('.jq-desk').offsetWidth")):
        room.page.keyboard.press(key)
        room.lab.wait_for(condition)
    room.page.get_by_role("radio", name="strip").click()
    for name, there in {"machine": False, "strip": True, "lanes": False}.items():
        room.lab.wait_for(f"name => ({shown})(name) === {json.dumps(there)}", name)
    frames = room.fact("+it.frames", "strip")
    room.lab.wait_for("n => +document.querySelector('.jq-shows-strip .jq-live').dataset.frames > n + 3", frames)
    room.page.get_by_role("radio", name="all").click()
    room.lab.wait_for(shown, "machine")
    room.page.keyboard.press("f")
    room.lab.wait_for(f"!({full})")
    assert room.page.locator(".jp-CodeCell").count() == 3  # no key has reached the notebook
    room.page.get_by_role("button", name="show dials").click()
    room.page.locator("[data-do='thaw']").click()
    room.lab.wait_for("document.querySelector('.news.error span')?.textContent === 'ada isn\\'t frozen'")
    room.press("fire")
    room.row("ada", "has left")
    assert room.page.locator("[data-do='thaw']").is_disabled()
    room.page.evaluate(
        "jupyterapp.shell.currentWidget.content.widgets[2].model.sharedModel.setSource('await world.close()')"
    )
    room.lab.run_cell(2)
    room.lab.wait_for("document.querySelector('.jq-bar .jq-live').dataset.state === 'stopped'")
    buttons = room.page.locator("[data-do]")
    assert all(buttons.nth(i).is_disabled() for i in range(buttons.count()))
