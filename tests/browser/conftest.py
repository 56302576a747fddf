"""A real JupyterLab on a copy of the notebooks, and a real browser that looks at it. Skipped where there is none.

Tests here are plain functions: Playwright's sync interface keeps an event loop running in the thread, beside which no
other can run. So it is started and stopped by each test, and the async tests around them never meet it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from playwright.sync_api import sync_playwright

from helpers import eventually
from jobqueue.lab.charts.png import find_browser
from jobqueue.lab.course.shelf import CHECKOUT as NOTEBOOKS
from jobqueue.server.leash import Leashed

# It looks at one page of this machine, and has no business anywhere else.
BROWSER_ARGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START = "from sys import argv\nfrom jobqueue.lab.course.launch import launch\n"
START += "launch(folder=argv[1], extra_args=argv[2:])"
ARTIFACTS = Path(__file__).parents[2] / "artifacts"

#: The notebook in front. It isn't JupyterLab's current widget after a click into the panel with the picture.
NOTEBOOK = "[...jupyterapp.shell.widgets('main')].find(each => each.content?.widgets && each.isVisible)"


def pytest_collection_modifyitems(items):
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):  # thousands are not; comparing the parents of each took a second
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def lab(tmp_path):
    """A running JupyterLab: `.folder` holds its notebooks, a copy; `.url` and `.token` are its own."""
    folder = tmp_path / "notebooks"
    shutil.copytree(NOTEBOOKS, folder)
    runtime = tmp_path / "runtime"
    own = {"JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    options = ("--no-browser", "--ServerApp.port=0", "--LabApp.expose_app_in_browser=True")
    with (tmp_path / "lab.log").open("wb") as log:
        command = [sys.executable, "-c", START, folder, *options]
        process = Leashed(command, env=os.environ | own, stdout=log, stderr=subprocess.STDOUT)

    def announced():
        assert process.poll() is None, (tmp_path / "lab.log").read_text(encoding="utf-8")
        return [
            json.loads(text) for file in runtime.glob("jpserver-*.json") if (text := file.read_text(encoding="utf-8"))
        ]

    [server] = eventually(announced, timeout=30)
    yield SimpleNamespace(folder=folder, url=server["url"], token=server["token"], process=process)
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture(scope="session")
def browser_path():
    """The path of a Chromium, Chrome or Edge; skips the test where there is none."""
    return find_browser() or pytest.skip(
        "no browser: apt-get install chromium (Debian), brew install --cask chromium (macOS)"
    )


@pytest.fixture
def page(browser_path, lab, request):
    """A LabPage, for a browser that has just been opened."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=BROWSER_ARGS)
        page = LabPage(browser, lab)
        yield page
        if request.node.stash.get(FAILED, False):
            page.screenshot(f"failed-{request.node.name}")
        browser.close()
    assert page.errors == []


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


class LabPage:
    """One browser tab that shows JupyterLab, and a hand that works it. Every step waits for its effect.

    `.page` is Playwright's own page. `.errors` collects what no test should see: exceptions in the page, and requests
    to any other machine.
    """

    def __init__(self, browser, lab):
        self.lab = lab
        self.errors = []
        self.context = browser.new_context(viewport={"width": 1200, "height": 1000})
        self.context.set_default_timeout(60_000)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("request", self._judge)
        self.page = self.context.new_page()

    def open(self, notebook):
        """Show `notebook`, its kernel ready."""
        self.page.goto(f"{self.lab.url}lab/tree/{quote(notebook)}?reset&token={self.lab.token}")
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")
        self.wait_idle()

    def reopen(self, notebook):
        """Close the browser's tab, without a word to anybody, and open another on `notebook`."""
        self.close()
        self.page = self.context.new_page()
        self.open(notebook)

    def close(self):
        """Close the browser's tab. The kernel goes on."""
        self.page.close()

    def command(self, name):
        """Have JupyterLab begin one of its commands on the notebook in front; `wait_idle` waits for its end."""
        self.page.evaluate(
            f"""name => {{
                window.begun = (window.begun ?? 0) + 1
                jupyterapp.shell.activateById({NOTEBOOK}.id)
                jupyterapp.commands.execute(name).finally(() => window.begun--)
            }}""",
            name,
        )

    def run_all(self):
        """Start all cells, top to bottom."""
        self.command("notebook:run-all-cells")

    def run_cell(self, index):
        """Start the code cell `index`, counted from 0."""
        self.page.evaluate(
            f"""index => {{
                const notebook = {NOTEBOOK}.content
                const cells = notebook.widgets.filter(cell => cell.model.type === "code")
                notebook.activeCellIndex = notebook.widgets.indexOf(cells[index])
                notebook.deselectAll()
            }}""",
            index,
        )
        self.command("notebook:run-cell")

    def interrupt(self):
        """Interrupt the kernel, as the stop button does."""
        self.command("notebook:interrupt-kernel")

    def restart(self):
        """Restart the kernel, and wait until the new one is ready."""
        self.page.evaluate(f"() => {NOTEBOOK}.sessionContext.session.kernel.restart()")
        self.wait_idle()

    def wait_idle(self):
        """Wait until no cell runs or waits to run."""
        status = f"{NOTEBOOK}?.sessionContext.session?.kernel?.status"
        self.wait_for(f"() => !window.begun && {status} === 'idle'")

    def wait_output_text(self, text):
        """Wait until an output of the notebook in front contains `text`."""
        self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output", has_text=text).first.wait_for()

    def wait_for(self, condition, arg=None):
        """Wait until the JavaScript `condition`, an expression or a function of `arg`, is true; returns its value."""
        return self.page.wait_for_function(condition, arg=arg).json_value()

    def screenshot(self, name):
        """Keep what the tab shows in artifacts/`name`.png."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def _judge(self, request):
        if not request.url.startswith((self.lab.url, "data:", "blob:")):
            self.errors.append(f"asked for {request.url}")
