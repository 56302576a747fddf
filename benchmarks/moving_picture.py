"""The moving picture of the README, recorded from the real thing: a JupyterLab, real workers, and a click that kills.

    pip install -e '.[bench]'                      # once; it also needs Chromium or Chrome
    python benchmarks/moving_picture.py            # half a minute; writes benchmarks/kill-9.gif

Nothing is drawn here: it photographs two cells of a notebook while they run, and shows each photograph for as long as
it took until the next.
"""

import io
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from needs import need

need("PIL", "playwright")

from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from jobqueue.lab.charts.png import find_browser
from memory import jupyterlab

PICTURE = Path(__file__).with_name("kill-9.gif")

#: The notebook; all but its first cell is filmed.
CELLS = (
    "from jobqueue.lab.world import open_world\n"
    "world = await open_world(lease=4)\n"
    "await world.enqueue_library(seconds=11, files=240)",
    "world.hire(3)\nworld.machine()",
    "await world.until_done()\nprint(await world.account())",
)
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
    "language_info": {"name": "python"},
}

#: Seconds between photographs, and until the click; milliseconds for which the last one is shown.
EVERY, UNTIL_KILL, HOLD = 1 / 8, 5.0, 5000

WINDOW = {"width": 1320, "height": 1100}
EXPOSED = "--LabApp.expose_app_in_browser=True"
READY = "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
RUN_ALL = """async () => {
    await jupyterapp.commands.execute("application:toggle-left-area")
    jupyterapp.commands.execute("notebook:run-all-cells")
    jupyterapp.shell.currentWidget.content.activeCellIndex = 0
}"""


def film(page: Page) -> list[tuple[float, bytes]]:
    """Photographs and when each was taken: from the first jobs, over the click, to the account."""
    picture, account = (page.locator(".jp-CodeCell").nth(n) for n in (1, 2))
    kill = picture.locator("button").first
    kill.wait_for()
    taken: list[tuple[float, bytes]] = []
    began, killed, over = time.monotonic(), False, False
    while not over:
        over = "lost" in account.text_content()
        box, last = picture.bounding_box(), account.bounding_box()
        box["height"] = last["y"] + last["height"] - box["y"]
        taken.append((time.monotonic(), page.screenshot(clip=box)))
        if not killed and time.monotonic() > began + UNTIL_KILL:
            kill.click()
            killed = True
        page.wait_for_timeout(max(0.0, taken[-1][0] + EVERY - time.monotonic()) * 1000)
    return taken


def save(taken: list[tuple[float, bytes]]) -> None:
    """One GIF. Its frames share the colours of one in the middle, so that what does not move is stored once."""
    frames = [Image.open(io.BytesIO(picture)).convert("RGB") for _, picture in taken]
    size = (max(frame.width for frame in frames), max(frame.height for frame in frames))
    for n, frame in enumerate(frames):
        frames[n] = Image.new("RGB", size, "white")
        frames[n].paste(frame)
    colours = frames[len(frames) // 2].quantize(96)
    frames = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    shown = [int((after - before) * 1000) for (before, _), (after, _) in pairwise(taken)] + [HOLD]
    frames[0].save(PICTURE, save_all=True, append_images=frames[1:], duration=shown, loop=0)


def main() -> None:
    browser_path = find_browser()
    if browser_path is None:
        sys.exit("there is no Chromium or Chrome to look at it")
    with tempfile.TemporaryDirectory(prefix="jqp-") as name, jupyterlab(Path(name), Path(name), EXPOSED) as (_, server):
        notebook = new_notebook(cells=list(map(new_code_cell, CELLS)), metadata=METADATA)
        write(notebook, Path(name, "notebooks", "kill-9.ipynb"))
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=browser_path).new_page(viewport=WINDOW)
            page.goto(f"{server['url']}lab/tree/kill-9.ipynb?token={server['token']}")
            page.wait_for_selector(".jp-CodeCell")
            page.wait_for_function(READY)
            page.evaluate(RUN_ALL)
            taken = film(page)
            page.context.browser.close()
    save(taken)
    seconds, megabytes = taken[-1][0] - taken[0][0], PICTURE.stat().st_size / 1e6
    print(f"{PICTURE.name}: {len(taken)} photographs in {seconds:.1f} s, {megabytes:.1f} MB")


if __name__ == "__main__":
    main()
