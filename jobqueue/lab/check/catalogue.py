"""The catalogue of failures, as verdicts quote it: each id has its name, and in a notebook it leads to its entry."""

import functools
import re
from pathlib import Path

from jobqueue.lab.course.shelf import course

PAGE = "failures.md"

#: Ids in brackets, as diagnoses have them: "(F23)", "(F41, F46)".
_IN_BRACKETS = re.compile(r"\((F\d\d(?:, F\d\d)*)\)")


@functools.cache
def titles() -> dict[str, str]:
    """{"F36": "Acknowledged before the work"}; empty if the course isn't there."""
    try:
        page = (course() / PAGE).read_text(encoding="utf-8")
    except OSError:
        return {}
    return dict(re.findall(r"^### (F\d\d) · (.+)$", page, re.MULTILINE))


def name(failure: str) -> str:
    """Name a failure by its title: "Acknowledged before the work (F36)"."""
    title = titles().get(failure)
    return f"{title} ({failure})" if title else failure


def explain(words: str) -> str:
    """Put the title next to each id in brackets: "(F23: Slow but alive, and reaped)"."""
    return _IN_BRACKETS.sub(lambda match: f"({'; '.join(map(_with_title, match[1].split(', ')))})", words)


def link(html: str) -> str:
    """Make each id in `html` a link to its entry, if the page lies where the notebook is, or above."""
    pages = [page for page in (PAGE, f"../{PAGE}") if Path(page).is_file()]
    if not pages:
        return html
    return re.sub(r"\bF\d\d\b", lambda match: _link(match[0], pages[0]), html)


def _link(failure: str, page: str) -> str:
    return f'<a href="{page}#{failure.lower()}">{failure}</a>' if failure in titles() else failure


def _with_title(failure: str) -> str:
    title = titles().get(failure)
    return f"{failure}: {title}" if title else failure
