"""A real JupyterLab on a copy of the notebooks, and a real browser that looks at it. Skipped where there is none.

To start JupyterLab, Chromium and JupyterLab's page takes many times as long as most tests. So the tests of this package
share one of each, and each test gets a folder, kernels and browser profiles of its own. A page of JupyterLab on which a
test failed isn't used again.

Tests here are plain functions: Playwright's sync interface keeps an event loop running in the thread, and no other can
run next to it. It ends with the package, so the async tests of other folders never meet it.
"""

import contextlib
import itertools
import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import sync_playwright

from helpers import eventually
from jobqueue.lab.charts.png import find_browser
from jobqueue.lab.course.shelf import CHECKOUT as NOTEBOOKS
from jobqueue.lab.course.workspace import LESSON
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

VIEWPORT = {"width": 1200, "height": 1000}

#: The notebook in front. It isn't JupyterLab's current widget after a click into the panel with the picture.
NOTEBOOK = "[...jupyterapp.shell.widgets('main')].find(each => each.content?.widgets && each.isVisible)"


def pytest_collection_modifyitems(items):
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):  # thousands are not; comparing the parents of each took a second
            item.add_marker(pytest.mark.browser)


def elsewhere(function, *args):
    """Call `function` in a thread of its own, where it may run an event loop or start a browser; returns its result."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *args).result()


@contextlib.contextmanager
def running_lab(command, own, **options):
    """Run JupyterLab by this command, its own files in the folder `own`; yields its `url`, `token`, `process`, and
    `root`, the folder that it shows. Its `spare` is a list for pages that the next test may use, or None.
    """
    folders = {f"JUPYTER_{name}_DIR": str(own / name.lower()) for name in ("RUNTIME", "CONFIG", "DATA")}
    environment = os.environ | folders | {"JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces")} | options.pop("env", {})
    with (own / "lab.log").open("wb") as log:
        process = Leashed(command, env=environment, stdout=log, stderr=log, **options)

    def announced():
        assert process.poll() is None, (own / "lab.log").read_text(encoding="utf-8")
        texts = [file.read_text(encoding="utf-8") for file in own.glob("runtime/jpserver-*.json")]
        return [json.loads(text) for text in texts if text]

    [server] = eventually(announced)
    root = Path(server["root_dir"])
    yield SimpleNamespace(url=server["url"], token=server["token"], process=process, root=root, spare=None)
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture(scope="package")
def shared_lab(tmp_path_factory):
    """A running JupyterLab with nothing in its folder. Learners' files are kept, in each notebook's folder."""
    own = tmp_path_factory.mktemp("lab")
    (own / "root").mkdir()
    shutil.copy(NOTEBOOKS / LESSON, own / "root")  # JupyterLab is opened at it
    options = ("--no-browser", "--LabApp.expose_app_in_browser=True")
    command = [sys.executable, "-c", START, str(own / "root"), *options]
    with running_lab(command, own, env={"JOBQUEUE_VOTES": ""}) as lab:
        lab.spare, lab.numbers = [], itertools.count()
        yield lab


@pytest.fixture
def lab(shared_lab):
    """A running JupyterLab: `.folder` has the notebooks, a copy for this test; `.url` and `.token` are its own."""
    lab = SimpleNamespace(**vars(shared_lab), folder=shared_lab.root / f"test{next(shared_lab.numbers)}")
    shutil.copytree(NOTEBOOKS, lab.folder)
    yield lab
    with httpx.Client(base_url=lab.url, headers={"Authorization": f"token {lab.token}"}, timeout=60) as client:
        for session in client.get("api/sessions").json():
            client.delete(f"api/sessions/{session['id']}").raise_for_status()


@pytest.fixture(scope="session")
def browser_path():
    """The path of a Chromium, Chrome or Edge; skips the test where there is none."""
    return find_browser() or pytest.skip(
        "no browser: apt-get install chromium (Debian), brew install --cask chromium (macOS)"
    )


@pytest.fixture(scope="package")
def browser(browser_path):
    """One running browser for all tests. What a test opens in it, the test closes: see `new_context`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=BROWSER_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(browser):
    """`new_context(**options)` opens a browser's profile that remembers nothing. It's closed after the test.

    `new_context.close()` closes all before that: then no more errors can come from their pages.
    """
    with contextlib.ExitStack() as opened:

        def new_context(**options):
            context = browser.new_context(**options)
            opened.callback(context.close)
            return context

        new_context.close = opened.close
        yield new_context


@pytest.fixture
def page(browser, lab, request):
    """A LabPage on which nothing is open."""
    page = lab.spare.pop() if lab.spare else LabPage(browser)
    page.lab = lab
    yield page
    failed = request.node.stash.get(FAILED, False)
    if failed:
        page.screenshot(f"failed-{request.node.name}")
    else:
        page.page.evaluate("() => new Promise(done => setTimeout(done))")  # an error by now is one of this test
    errors = page.errors.copy()
    if failed or lab.spare is None:
        page.context.close()
    else:
        page.clear()
        lab.spare.append(page)
    assert errors == []


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

    def __init__(self, browser):
        self.lab = None
        self.errors = []
        self.context = browser.new_context(viewport=VIEWPORT)
        self.context.set_default_timeout(60_000)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("request", self._judge)
        self.page = self.context.new_page()

    def open(self, notebook):
        """Show `notebook`, its kernel ready. The first time this loads JupyterLab."""
        path = (self.lab.folder / notebook).relative_to(self.lab.root).as_posix()
        if self.page.url == "about:blank":
            self.page.goto(f"{self.lab.url}lab/tree/{quote(path)}?reset&token={self.lab.token}")
        else:
            self.page.evaluate("path => { jupyterapp.commands.execute('docmanager:open', { path }) }", path)
        self.wait_for(f"path => window.jupyterapp && {NOTEBOOK}?.context.path === path", path)
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")
        self.wait_idle()

    def clear(self):
        """Close each notebook and panel, and save none. The kernels go on."""
        self.page.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach(each => each.dispose())")
        self.page.evaluate("() => { delete window.begun; jupyterapp.shell.expandLeft() }")
        self.page.set_viewport_size(VIEWPORT)
        self.errors.clear()  # what a kernel was asked and hadn't answered is an error now

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
                const begun = window.begun ??= new Set(), one = {{ name }}
                begun.add(one)
                jupyterapp.shell.activateById({NOTEBOOK}.id)
                jupyterapp.commands.execute(name).finally(() => begun.delete(one))
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
        self.wait_for(f"() => !window.begun?.size && {status} === 'idle'")

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
