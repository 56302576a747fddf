"""The scheduler's panel in a tab, on stand-ins for ipywidgets and anywidget: the page draws it and sends clicks."""

import asyncio
import importlib.util
import sys

import pytest

from jobqueue.explorer import Faults, Scenario, invariants, play
from jobqueue.lab.tab.gather import HERE

pytestmark = pytest.mark.timeout(120)


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def anywidget(monkeypatch):
    """The stand-in for anywidget. While a test runs, all imports get the tab's stand-ins."""
    for name in ("traitlets", "anywidget", "ipywidgets"):
        monkeypatch.setitem(sys.modules, name, load(name, HERE / f"shims/{name}.py"))
    return sys.modules["anywidget"]


@pytest.fixture
def panel(anywidget):
    """A panel on which one reaper moves an orphan: it acknowledges first, and may crash once."""

    async def one_orphan(redis, world):
        await redis.xgroup_create("jobs", "workers", "0", mkstream=True)
        await redis.xadd("jobs", {"id": "7"}, id="1-1")
        await redis.xreadgroup("workers", "ada", {"jobs": ">"})

    async def reaper(redis, world):
        await redis.xack("jobs", "workers", "1-1")
        await redis.xadd("jobs", {"id": "7"})

    always = invariants.healthy("jobs", "workers")
    scenario = Scenario({"rita": reaper}, one_orphan, always, [invariants.nothing_lost], faults=Faults(crash=1))
    return load("play_in_a_tab", play.__file__).Play(scenario)


class Page:
    """The page's side of the panel: the tree that it draws last."""

    def __init__(self, anywidget, panel):
        self.anywidget, self.panel = anywidget, panel
        widget = panel._repr_mimebundle_()[0]["widget"]
        assert "export default" in widget["esm"]
        self.number, self.tree = widget["number"], widget["state"]["tree"]
        anywidget.AnyWidget.post = staticmethod(self.hear)

    def hear(self, number, change):
        assert number == self.number
        self.tree = change["tree"]

    def parts(self, tree=None):
        tree = tree or self.tree
        return [tree, *(part for child in tree.get("children", ()) for part in self.parts(child))]

    @property
    def words(self):
        return " ".join(part["html"] for part in self.parts() if "html" in part)

    def buttons(self):
        return {part["text"]: part for part in self.parts() if "button" in part}

    async def press(self, text):
        self.anywidget.take(self.number, {"click": self.buttons()[text]["button"]})
        await asyncio.gather(*self.panel._tasks)
        await asyncio.sleep(0)  # it's drawn after all changes


async def test_a_reader_loses_a_job_by_hand_and_undoes_it(anywidget, panel):
    await panel.start()
    page = Page(anywidget, panel)
    assert "XACK" in page.words
    await page.press("step")
    assert "XADD" in page.words
    await page.press("crash")
    assert "never ran" in page.words
    await page.press("undo")
    assert "XADD" in page.words
    assert {text for text, button in page.buttons().items() if not button["disabled"]} >= {"step", "crash", "undo"}
    await page.press("how many schedules go wrong?")
    assert "1 of 3 schedules go wrong" in page.words
