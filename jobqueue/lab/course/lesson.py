"""Tools of every lesson: it shows the package's own source, and lets learners go on who are stuck."""

import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from typing import Any

from jobqueue.lab.check.run import Check
from jobqueue.scripts import SCRIPTS


class Source:
    """A piece of the package as it's installed here, never a copy that may be out of date. It displays itself."""

    def __init__(self, place: str, text: str, language: str):
        self.place, self.text, self.language = place, text, language

    def __repr__(self) -> str:
        return f"{self.place}\n\n{self.text}"

    def _repr_html_(self) -> str:
        from IPython.display import Code

        return f"<code>{self.place}</code>{Code(self.text, language=self.language)._repr_html_()}"


def source(of: str | Callable[..., Any]) -> Source:
    """Show a source: `source("reap")` is the script lua/reap.lua, `source(Reaper.run)` a class, function or method."""
    if isinstance(of, str):
        if of not in SCRIPTS:
            raise ValueError(f"there is no script {of!r}. Choose from {', '.join(sorted(SCRIPTS))}")
        text = files("jobqueue").joinpath("lua", f"{of}.lua").read_text(encoding="utf-8")
        return Source(f"jobqueue/lua/{of}.lua", text, "lua")
    place = f"{of.__module__.replace('.', '/')}.py · {of.__qualname__}"
    return Source(place, inspect.cleandoc("\n" + inspect.getsource(of)), "python")


async def carry_on(check: Check) -> Callable[..., Any]:
    """`fn = await carry_on(check.reaper(fn))` is yours if it passes, else a working one, for the rest of the lesson.

    Working ones are in jobqueue/lab/solutions, one file per checker. `source(fn)` shows it.
    """
    verdict = await check.judge()
    if verdict.ok:
        print(f"Yours passes ({verdict.counted}): from here on, this notebook works with it.")
        return check.function
    name = check.function.__name__
    print(
        f"Not there yet ({verdict.bug}). From here on, this notebook works with another {name}, so that you can go on."
    )
    print("Yours is still in its cell: run it, and this one, again whenever you like.")
    return getattr(import_module(f"jobqueue.lab.solutions.{check.name}"), name)
