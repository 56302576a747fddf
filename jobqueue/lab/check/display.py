"""The look of a verdict, in a notebook and in a terminal."""

import contextlib
import re
import sys
import textwrap
from importlib.resources import files
from typing import Any

from jobqueue.explorer.report import svg
from jobqueue.lab.check import catalogue
from jobqueue.lab.check.verdict import Verdict
from jobqueue.printable import escape_html as escape

STYLE = f"<style>{files(__package__).joinpath('check.css').read_text(encoding='utf-8')}</style>"
WIDE = 100  # characters

#: The bug of an exercise that has just been opened: no reason for red.
NOT_WRITTEN = "not-written-yet"

_last_shown: tuple[Verdict, str] | None = None  # and in which execution of a cell


def text(verdict: Verdict) -> str:
    """Render it for a terminal."""
    lines = [_headline(verdict), f"  {verdict.tested}"] if verdict.tested else [_headline(verdict)]
    if verdict.words:
        lines += ["", *_wrapped(catalogue.explain(verdict.words))]
    remarks = map(catalogue.explain, verdict.remarks) if verdict.ok else ()
    lines += [line for remark in remarks for line in _wrapped(f"Remark: {remark}")]
    if verdict.case:
        lines += ["", f"  It went wrong with {verdict.case}" + (":" if verdict.schedule else ".")]
    if verdict.schedule:
        lines += ["", textwrap.indent(str(verdict.schedule), "  ")]
    if verdict.ok:
        lines += [*_wrapped(f"Tried: {'; '.join(verdict.cases)}."), *_wrapped(_stories(verdict))]
    lines += ["", f"  Read on in {verdict.lesson}."] if not verdict.ok else []
    return "\n".join(lines).encode(errors="backslashreplace").decode()  # a function may return half a character


def page(verdict: Verdict) -> str:
    """Render it for a notebook: one piece of HTML that needs nothing else, and follows its theme."""
    style = "good" if verdict.ok else "open" if verdict.bug == NOT_WRITTEN else "wrong"
    parts = [f'<h4 class="{style}">{catalogue.link(_code(_headline(verdict)))}</h4>']
    if verdict.tested:
        line, _, place = verdict.tested.partition(" · ")
        parts.append(f'<p class="tested"><code>{escape(line)}</code> <span>{escape(place)}</span></p>')
    if verdict.words:
        parts.append(f'<p class="words">{_words(verdict.words)}</p>')
    if verdict.ok:
        parts += [f'<p class="remark">{_words(remark)}</p>' for remark in verdict.remarks]
        items = "".join(f"<li>{escape(case)}</li>" for case in verdict.cases)
        parts.append(f"<details><summary>What was tried</summary><ul>{items}</ul>{escape(_stories(verdict))}</details>")
    else:
        if verdict.case:
            stop = ":" if verdict.schedule else "."
            parts.append(f'<p class="case">It went wrong with {escape(verdict.case)}{stop}</p>')
        parts += [svg.image(verdict.schedule)] if verdict.schedule else []
        parts.append(f'<p class="lesson">Read on in {escape(verdict.lesson)}</p>')
    return f'{svg.STYLE}{STYLE}<div class="jqx jqx-check {style}">{"".join(parts)}</div>'


def show(verdict: Verdict) -> None:
    """Display it now, wherever we are."""
    global _last_shown
    if shell := show_both(text(verdict), page(verdict)):
        _last_shown = (verdict, _execution(shell))


def show_unless_shown(verdict: Verdict) -> None:
    """Display the last value of a cell, as Jupyter asks, unless it's on display already."""
    shell = kernel_shell()
    if not (shell and _last_shown and _last_shown[0] is verdict and _last_shown[1] == _execution(shell)):
        show(verdict)


def show_both(plain: str, html: str) -> Any:
    """Show `html` in a notebook, and return its shell; elsewhere print `plain`."""
    if shell := kernel_shell():
        from IPython.display import display

        display({"text/plain": plain, "text/html": html}, raw=True)
    else:
        _print(plain)
    return shell


def takes_text() -> bool:
    """Whether there's a stdout: a program may be started without one, and a learner may close it."""
    return sys.stdout is not None and not sys.stdout.closed


def _print(words: str) -> None:
    """Print what stdout can show of `words`. A verdict that can't be printed is still returned."""
    if takes_text():
        encoding = sys.stdout.encoding or "utf-8"
        with contextlib.suppress(OSError):
            print(words.encode(encoding, "replace").decode(encoding))


def _headline(verdict: Verdict) -> str:
    if verdict.ok:
        return f"✓ check.{verdict.checker}: {verdict.counted}"
    if verdict.bug == NOT_WRITTEN:
        return f"○ check.{verdict.checker}: not written yet"
    known = f" · {catalogue.name(verdict.failure)}" if verdict.failure else ""
    return f"✗ check.{verdict.checker}: {verdict.bug}{known}"


def _stories(verdict: Verdict) -> str:
    """The numbers of schedules and of stories in words; "" if they're the same, or if one isn't known."""
    if verdict.stories is None or verdict.stories >= verdict.schedules:
        return ""
    numbers = f"{verdict.schedules:,} schedules tell {verdict.stories:,} different stories"
    return f"{numbers}: the others only swap steps that don't affect each other."


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, WIDE, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


def _words(words: str) -> str:
    return catalogue.link(_code(catalogue.explain(words)))


def _code(words: str) -> str:
    """Escape it, and show text between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words))


def _execution(shell: Any) -> str:
    """Identify this execution of a cell. (Its number won't do: a program that tests a notebook may not count.)"""
    message: str = shell.kernel.get_parent()["header"]["msg_id"]
    return message


def kernel_shell() -> Any:
    """The IPython shell if this is a kernel, else None. A terminal's IPython gets plain text."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell if shell and getattr(shell, "kernel", None) else None
