"""Measure the browser tab of the site: what it downloads, how long it takes, and its memory with three workers.

    python -m jobqueue.cli site OUT --tab           # once; it needs npm
    python benchmarks/tab_budget.py OUT/tab         # about a minute

It runs the first cells of lesson 00 in Chromium, from a static file server, with an empty cache. It exits with 1 if a
figure is over its budget.
"""

import functools
import sys
import tempfile
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from needs import need

need("playwright", "psutil")

import psutil
from playwright.sync_api import Page, expect, sync_playwright

from jobqueue.lab.charts.png import find_browser

#: For each figure, the most that it may be.
BUDGET = {
    "MB downloaded": 40.0,
    "seconds to the first cell": 20.0,
    "MB of the renderer, three workers": 400.0,
}

#: The cell after which three workers are busy.
HIRED = 8


class Counting(SimpleHTTPRequestHandler):
    """Counts the bytes that it serves."""

    sent = 0

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def copyfile(self, source, outputfile) -> None:  # type: ignore[no-untyped-def]
        data = source.read()
        Counting.sent += len(data)
        outputfile.write(data)


def run_cell(page: Page) -> None:
    page.click("#all")
    expect(page.locator("#all")).to_be_enabled(timeout=240_000)
    expect(page.locator("#news")).to_contain_text("is done")


def renderer_bytes() -> int:
    """The private memory of the largest renderer among our children: the page, with its Web Worker."""
    ours = psutil.Process().children(recursive=True)
    return max(process.memory_full_info().uss for process in ours if "--type=renderer" in process.cmdline())


def measure(folder: Path) -> dict[str, float]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Counting, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # A profile on the disk, as a reader has: Chromium's cache in memory doesn't take a file of 9 MB.
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        flags = ["--disable-gpu"]
        browser = playwright.chromium.launch_persistent_context(profile, executable_path=find_browser(), args=flags)
        page = browser.new_page()
        began = time.monotonic()
        page.goto(f"http://127.0.0.1:{server.server_port}/lesson.html")
        run_cell(page)
        seconds = time.monotonic() - began
        for _ in range(1, HIRED):
            run_cell(page)
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        memory = renderer_bytes()
        browser.close()
    server.shutdown()
    return dict(zip(BUDGET, (Counting.sent / 2**20, seconds, memory / 2**20), strict=True))


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1], "lesson.html").is_file():
        print("name the folder of the tab: the site's `tab`, with lesson.html in it", file=sys.stderr)
        return 2
    measured = measure(Path(sys.argv[1]))
    for name, value in measured.items():
        print(f"{value:7.1f} {name} (budget {BUDGET[name]:g})")
    return int(any(value > BUDGET[name] for name, value in measured.items()))


if __name__ == "__main__":
    sys.exit(main())
