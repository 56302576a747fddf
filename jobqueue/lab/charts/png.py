"""A figure as a PNG, for slides: a browser on this machine draws it, without a window and without network."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

from plotly.io import to_html

from jobqueue.errors import JobQueueError
from jobqueue.lab.charts.chart import Chart

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
    "msedge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
# The page is our own, and requests nothing. In most containers a browser has no sandbox to use.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-extensions",
)
OFFLINE = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")
SCALE = 2  # pixels of the image per pixel of the chart, as for the camera in the figure's tool bar
SECONDS = 60  # after which a browser that hasn't drawn it is given up
THEMES = {False: ("#1b1f24", "#ffffff"), True: ("#eceff3", "#111418")}  # ink and paper, light and dark


class NoPicture(JobQueueError):
    """Raised if there's no browser to draw a PNG, or if it didn't."""


def find_browser() -> str | None:
    """The path of this machine's Chromium, Chrome or Edge, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


async def save_png(figure: Chart, path: str | Path, *, width: int = 1000, dark: bool = False) -> Path:
    """Draw the figure `width` pixels wide, with twice as many in the image; returns the path. Takes a second or two.

    Raises NoPicture if there is no Chromium, Chrome or Edge.
    """
    browser = find_browser()
    if browser is None:
        raise NoPicture(
            "no Chromium, Chrome or Edge was found to draw the picture: install one, "
            "or press the camera above the figure, which saves the same PNG"
        )
    height = int(figure.layout.height or 450)
    with tempfile.TemporaryDirectory(prefix="jobqueue-png-", ignore_cleanup_errors=True) as folder:
        page, drawn, log = (Path(folder, name) for name in ("page.html", "drawn.png", "log"))
        page.write_text(_page(figure, width, height, dark), encoding="utf-8")
        how = (f"--window-size={width},{height}", f"--force-device-scale-factor={SCALE}", f"--screenshot={drawn}")
        await _run(browser, *ARGUMENTS, *OFFLINE, *how, f"--user-data-dir={folder}/profile", page.as_uri(), log=log)
        if not drawn.exists():
            raise NoPicture(f"{browser} drew nothing: {log.read_text(errors='replace', encoding='utf-8')[-500:]}")
        await asyncio.to_thread(shutil.move, drawn, path)
    return Path(path)


def _page(figure: Chart, width: int, height: int, dark: bool) -> str:
    """A page that holds everything it needs."""
    ink, paper = THEMES[dark]
    size = {"default_width": f"{width}px", "default_height": f"{height}px"}
    body = to_html(figure, config={"displayModeBar": False}, include_plotlyjs=True, full_html=False, **size)
    style = f":root {{ --jp-ui-font-color0: {ink} }} body {{ margin: 0; background: {paper}; overflow: hidden }}"
    return f'<!doctype html><meta charset="utf-8"><title>chart</title><style>{style}</style>{body}'


async def _run(*command: str, log: Path) -> None:
    """Run a command to its end, and leave no process of it behind."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        async with asyncio.timeout(SECONDS):
            await process.wait()
    except TimeoutError:
        raise NoPicture(f"{command[0]} drew nothing within {SECONDS} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
