"""Tools of every lesson: it shows the package's own source, and lets learners go on who are stuck."""

import inspect
import operator
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from jobqueue.lab.check.run import Check
from jobqueue.scripts import SCRIPTS
from jobqueue.server.loader import Script

PACKAGE = Path(__file__).parents[2]

#: JupyterLab breaks a long line in the middle of a word.
STYLE = "<style>.jq-source pre { white-space: pre-wrap; word-break: normal; overflow-wrap: break-word }</style>"


class Source:
    """A piece of the package as it's installed here, never a copy that may be out of date. It displays itself."""

    def __init__(self, place: str, text: str, language: str):
        self.place, self.text, self.language = place, text, language

    def __repr__(self) -> str:
        return f"{self.place}\n\n{self.text}"

    def _repr_html_(self) -> str:
        from IPython.display import Code

        code = Code(self.text, language=self.language)._repr_html_()
        return f'{STYLE}<div class="jq-source"><code>{self.place}</code>{code}</div>'


def source(of: str | Path | ModuleType | Callable[..., Any]) -> Source:
    """Show a source: of a class, function or method, or all of a module or a file.

    A string names something in the package: `source("reap")` is the script lua/reap.lua, `source("reaper.Reaper.run")`
    a method. Raises ValueError if the package has nothing of that name.
    """
    shown = _named(of) if isinstance(of, str) else of
    if isinstance(shown, Script):
        return Source(f"jobqueue/lua/{shown.name}.lua", shown.source, "lua")
    if isinstance(shown, ModuleType):  # which may be in a zip, so there may be no file of its name
        return Source(_place(Path(inspect.getsourcefile(shown) or "")), inspect.getsource(shown), "python")
    if isinstance(shown, Path):
        return Source(_place(shown), shown.read_text(encoding="utf-8"), "lua" if shown.suffix == ".lua" else "python")
    place = f"{shown.__module__.replace('.', '/')}.py · {shown.__qualname__}"
    return Source(place, inspect.cleandoc("\n" + inspect.getsource(shown)), "python")


def _place(file: Path) -> str:
    return file.relative_to(PACKAGE.parent).as_posix()


def _named(name: str) -> Any:
    """A script, or a class, function or method by its module and name."""
    module, _, attribute = name.partition(".")
    if not attribute:
        if name in SCRIPTS:
            return SCRIPTS[name]
        raise ValueError(f"there is no script {name!r}. Choose from {', '.join(sorted(SCRIPTS))}")
    try:
        return operator.attrgetter(attribute)(import_module(f"jobqueue.{module}"))
    except (ImportError, AttributeError) as error:
        raise ValueError(f"there is no {name!r} in the package: {error}") from None


async def carry_on(check: Check) -> Callable[..., Any]:
    """`fn = await carry_on(check.reaper(fn))` is yours if it passes, else a working one, for the rest of the lesson.

    Working ones are in jobqueue/lab/solutions, one file per checker. `source(fn)` shows it.
    """
    solutions, name = import_module(f"jobqueue.lab.solutions.{check.name}"), getattr(check.function, "__name__", "")
    if check.function is getattr(solutions, name, None):  # the cell is run twice
        print(f"This notebook works with the kit's {name}. For yours to be checked again, run its cell, and then this.")
        return check.function
    verdict = await check.judge()
    if verdict.ok:
        print(f"Yours passes ({verdict.counted}): from here on, this notebook works with it.")
        return check.function
    print(
        f"Not there yet ({verdict.bug}). From here on, this notebook works with another {name}, so that you can go on."
    )
    print("Yours is still in its cell: run it, and this one, again whenever you like.")
    return getattr(solutions, name)
