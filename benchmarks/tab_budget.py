"""Measure the browser tab of the site: what it downloads, how long it takes, and its memory with three workers.

    python -m jobqueue.cli site OUT --tab           # once; it needs npm
    python benchmarks/tab_budget.py OUT/tab         # about two minutes

It runs the first cells of lesson 00 in Chromium, from a static file server, with an empty cache: once with workers that
are Web Workers, and once with tasks. It exits with 1 if a figure is over its budget.

The page presses its own button. If Playwright did, DevTools would keep a copy of each file that each Web Worker loads,
which no reader has: 25 MB per Python.
"""

import contextlib
import functools
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from needs import need

need("psutil")

import psutil

from jobqueue.lab.charts.png import find_browser

#: For each figure, the most that it may be.
BUDGET = {
    "MB downloaded": 40.0,
    "seconds to the first cell": 20.0,
    "MB of the renderer, three workers": 400.0,
}

#: How the lesson's page is asked for each kind of worker.
KINDS = {"Web Workers": "?workers=web", "tasks": ""}

#: The cell after which three workers are busy.
HIRED = 8

#: While they're at work garbage comes and goes, so the most of this many seconds counts.
WATCHED = 20

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")

DRIVER = """
const all = document.getElementById('all')
const news = document.getElementById('news')
const tell = news => fetch('told', { method: 'POST', body: JSON.stringify(news) })
const until = async condition => { while (!condition()) await new Promise(resolve => setTimeout(resolve, 20)) }
await until(() => document.querySelector('.cell .cm-content'))
for (let n = 1; n <= HIRED; n++) {
  all.click()
  await until(() => !all.disabled)
  await tell([n, performance.now() / 1000, news.textContent])
}
await navigator.serviceWorker.ready
await tell(null)
"""


class Site(SimpleHTTPRequestHandler):
    """Serves the tab, and counts the bytes. The lesson's page gets the driver, and what that tells is in `told`."""

    sent = 0
    told: queue.Queue[Any] = queue.Queue()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def copyfile(self, source, outputfile) -> None:  # type: ignore[no-untyped-def]
        data = source.read()
        Site.sent += len(data)
        outputfile.write(data)

    def do_GET(self) -> None:
        if self.path.startswith("/lesson.html"):
            page = Path(self.directory, "lesson.html").read_text(encoding="utf-8")
            driver = DRIVER.replace("HIRED", str(HIRED))
            self._answer(page.replace("</body>", f'<script type="module">{driver}</script></body>').encode())
        else:
            super().do_GET()

    def do_POST(self) -> None:
        Site.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(b"")

    def _answer(self, page: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


def renderer_mb() -> float:
    """The private memory of the largest renderer among our children: the page, with its Web Workers."""
    ours = psutil.Process().children(recursive=True)
    return max(each.memory_full_info().uss for each in ours if "--type=renderer" in each.cmdline()) / 2**20


@contextlib.contextmanager
def showing(address: str) -> Iterator[None]:
    """A browser that shows this page, with a profile on the disk: its cache in memory doesn't take a file of 9 MB."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [find_browser(), *FLAGS, f"--user-data-dir={profile}", "--window-size=1280,900", address]
        browser = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            for each in psutil.Process(browser.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            browser.kill()
            browser.wait()


def measure(address: str) -> dict[str, float]:
    Site.sent = 0
    times = []
    with showing(address):
        while told := Site.told.get(timeout=240):
            cell, seconds, news = told
            if "is done" not in news:
                raise SystemExit(f"cell {cell} of lesson 00 can't be run: {news}")
            times.append(seconds)
        ends, memory = time.monotonic() + WATCHED, 0.0
        while time.monotonic() < ends:
            memory = max(memory, renderer_mb())
            time.sleep(0.5)
    return dict(zip(BUDGET, (Site.sent / 2**20, times[0], memory), strict=True))


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1], "lesson.html").is_file():
        print("name the folder of the tab: the site's `tab`, with lesson.html in it", file=sys.stderr)
        return 2
    if not find_browser():
        print("there's no Chromium, Chrome or Edge here", file=sys.stderr)
        return 2
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=sys.argv[1]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    over = False
    for kind, query in KINDS.items():
        print(f"workers are {kind}:")
        for name, value in measure(f"http://127.0.0.1:{server.server_port}/lesson.html{query}").items():
            print(f"{value:7.1f} {name} (budget {BUDGET[name]:g})")
            over |= value > BUDGET[name]
    server.shutdown()
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
