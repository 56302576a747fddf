"""How a verdict looks, in a notebook and in a terminal, and what is said before it is there."""

import asyncio
import contextlib
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from html import escape
from importlib.resources import files
from typing import Any

from jobqueue.lab.check.verdict import Verdict
from jobqueue.lab.explorer import Progress, svg

_STYLE = f"<style>{files(__package__).joinpath('check.css').read_text()}</style>"
_WIDE = 100  # characters

#: The bug of an exercise that nobody has begun: no reason for red.
NOT_WRITTEN = "not-written-yet"

#: Seconds after which a check that is not done says how far it is.
SOON = 0.4

_last_shown: tuple[Verdict, str] | None = None  # and in which execution of a cell


def text(verdict: Verdict) -> str:
    """For a terminal."""
    lines = [_headline(verdict), f"  {verdict.tested}"] if verdict.tested else [_headline(verdict)]
    if verdict.words:
        lines += ["", *_wrapped(verdict.words)]
    lines += [line for remark in verdict.remarks for line in _wrapped(f"Remark: {remark}")] if verdict.ok else []
    if verdict.case:
        lines += ["", f"  It went wrong with {verdict.case}" + (":" if verdict.schedule else ".")]
    if verdict.schedule:
        lines += ["", textwrap.indent(str(verdict.schedule), "  ")]
    if verdict.ok:
        lines += _wrapped(f"Tried: {'; '.join(verdict.cases)}.")
    lines += ["", f"  Read on in {verdict.lesson}."] if not verdict.ok else []
    return "\n".join(lines)


def page(verdict: Verdict) -> str:
    """For a notebook: one piece of HTML that needs nothing else, and follows its theme."""
    style = "good" if verdict.ok else "open" if verdict.bug == NOT_WRITTEN else "wrong"
    parts = [f'<h4 class="{style}">{escape(_headline(verdict))}</h4>']
    if verdict.tested:
        line, _, place = verdict.tested.partition(" · ")
        parts.append(f'<p class="tested"><code>{escape(line)}</code> <span>{escape(place)}</span></p>')
    if verdict.words:
        parts.append(f'<p class="words">{_code(verdict.words)}</p>')
    if verdict.ok:
        parts += [f'<p class="remark">{_code(remark)}</p>' for remark in verdict.remarks]
        items = "".join(f"<li>{escape(case)}</li>" for case in verdict.cases)
        parts.append(f"<details><summary>What was tried</summary><ul>{items}</ul></details>")
    else:
        if verdict.case:
            stop = ":" if verdict.schedule else "."
            parts.append(f'<p class="case">It went wrong with {escape(verdict.case)}{stop}</p>')
        parts += [svg.draw(verdict.schedule)] if verdict.schedule else []
        parts.append(f'<p class="lesson">Read on in {escape(verdict.lesson)}</p>')
    return f'{svg.STYLE}{_STYLE}<div class="jqx jqx-check {style}">{"".join(parts)}</div>'


def show(verdict: Verdict) -> None:
    """Display it now, wherever we are."""
    global _last_shown
    if shell := _notebook():
        from IPython.display import display

        display({"text/plain": text(verdict), "text/html": page(verdict)}, raw=True)
        _last_shown = (verdict, _execution(shell))
    else:
        print(text(verdict))


def show_unless_shown(verdict: Verdict) -> None:
    """What Jupyter calls for the last value of a cell, which mostly is on display already."""
    shell = _notebook()
    if not (shell and _last_shown and _last_shown[0] is verdict and _last_shown[1] == _execution(shell)):
        show(verdict)


@contextlib.contextmanager
def showing_progress(title: str, tested: str) -> Iterator[Callable[[str, Progress], None]]:
    """Say soon that something happens, and how far it is: `tell(case, progress)`. Gone at the end."""
    if not _notebook():
        yield _on_terminal(title) if sys.stdout.isatty() else lambda case, progress: None
        return
    bar = _Bar(title, tested)
    soon = asyncio.get_running_loop().call_later(SOON, bar.show)  # most verdicts are there before: no flicker
    try:
        yield bar.tell
    finally:
        soon.cancel()
        bar.hide()


class _Bar:
    """A progress bar that is only a widget: what is stored in the notebook is the verdict alone."""

    def __init__(self, title: str, tested: str):
        self.title, self.tested = title, tested
        self.widget: Any = None
        self.handle: Any = None
        self.tell("starting", Progress())

    def tell(self, case: str, progress: Progress) -> None:
        self.html = (
            f'{svg.STYLE}{_STYLE}<div class="jqx jqx-check"><p class="tested"><code>{escape(self.tested)}</code></p>'
            f"<p>{escape(self.title)}: {escape(case)} … {progress.runs:,} schedules</p>"
            f'<div class="bar"><div style="width: {100 * progress.done:.0f}%"></div></div></div>'
        )
        if self.widget:
            self.widget.value = self.html

    def show(self) -> None:
        import ipywidgets
        from IPython.display import display

        self.widget = ipywidgets.HTML(self.html)
        view = {"model_id": self.widget.model_id, "version_major": 2, "version_minor": 0}
        self.handle = display({"application/vnd.jupyter.widget-view+json": view}, raw=True, display_id=True)

    def hide(self) -> None:
        if self.widget:
            self.handle.update({}, raw=True)
            self.widget.close()


def _on_terminal(title: str) -> Callable[[str, Progress], None]:
    def tell(case: str, progress: Progress) -> None:
        print(f"\r{title}: {case}, {progress.runs:,} schedules"[:_WIDE].ljust(_WIDE), end="\r", flush=True)

    return tell


def _headline(verdict: Verdict) -> str:
    if verdict.ok:
        return f"✓ check.{verdict.checker}: {verdict.counted}"
    if verdict.bug == NOT_WRITTEN:
        return f"○ check.{verdict.checker}: not written yet"
    known = f" · {verdict.failure} in the catalogue of failures" if verdict.failure else ""
    return f"✗ check.{verdict.checker}: {verdict.bug}{known}"


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _WIDE, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


def _code(words: str) -> str:
    """Escaped; what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words))


def _execution(shell) -> str:
    """Which execution of a cell this is. (The number of the cell does not tell: who tests a notebook may not count.)"""
    return shell.kernel.get_parent()["header"]["msg_id"]


def _notebook():
    """The IPython shell if this is a kernel, else None: a terminal's IPython gets plain text."""
    shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    return shell if shell and getattr(shell, "kernel", None) else None
