"""What every lesson does: it shows the package's own source, and nobody is stuck before its next section."""

import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files

from jobqueue.lab.check.run import Check
from jobqueue.scripts import SCRIPTS


class Source:
    """A piece of the package as it is installed here, and never a copy that may have aged. Displays itself."""

    def __init__(self, place: str, text: str, language: str):
        self.place, self.text, self.language = place, text, language

    def __repr__(self) -> str:
        return f"{self.place}\n\n{self.text}"

    def _repr_html_(self) -> str:
        from IPython.display import Code

        return f"<code>{self.place}</code>{Code(self.text, language=self.language)._repr_html_()}"


def source(of: str | Callable) -> Source:
    """What to read: `source("reap")` is the script lua/reap.lua, `source(Reaper.run)` a class, function or method."""
    if isinstance(of, str):
        if of not in SCRIPTS:
            raise ValueError(f"no script {of!r}: there are {', '.join(sorted(SCRIPTS))}")
        text = files("jobqueue").joinpath("lua", f"{of}.lua").read_text(encoding="utf-8")
        return Source(f"jobqueue/lua/{of}.lua", text, "lua")
    module = inspect.getmodule(of).__name__.replace(".", "/")
    return Source(f"{module}.py · {of.__qualname__}", inspect.cleandoc("\n" + inspect.getsource(of)), "python")


async def carry_on(check: Check) -> Callable:
    """`fn = await carry_on(check.reaper(fn))`: yours if it passes, and else a working one, for the rest of the lesson.

    A working one is in jobqueue/lab/solutions, one file a checker; `source(fn)` shows it.
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
