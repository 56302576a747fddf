"""What the page asks of Python: judge the text of a function, and draw the map of a case's states."""

import linecache
import pickle
import traceback
from collections.abc import Callable
from typing import Any

from jobqueue.explorer import Progress
from jobqueue.explorer.isolation.parent import draw_map
from jobqueue.explorer.isolation.pickles import dumps
from jobqueue.explorer.scenario import Bounds
from jobqueue.lab import check
from jobqueue.lab.check.checker import Checker
from jobqueue.lab.check.display import page
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.tab.session import Link, TabServer, TabSession

#: The name of the learner's file, as verdicts show it.
FILE = "your code"

#: Schedules that a map shows. A map of thousands of states is no help to a reader.
MAPPED = 300


class Bench:
    """One Redis, and all the checkers. `tell(text)` shows how far a check is."""

    def __init__(self, connect: Callable[[], Link], tell: Callable[[str], Any]):
        self.server = TabServer(connect)
        self.session = TabSession(self.server, lambda progress: tell(_words(progress)))

    async def judge(self, checker: str, code: str) -> tuple[bool, str]:
        """Whether the function in `code` passes, and the verdict as HTML."""
        judge: Checker = getattr(check, checker)
        verdict = await judge(_function(judge, code)).judge(self.session)
        return verdict.ok, page(verdict)

    async def map(self, checker: str, code: str) -> str:
        """A page with all states of the checker's first case, as HTML."""
        judge: Checker = getattr(check, checker)
        case = next(iter(judge.cases(Piece(_function(judge, code)))))
        return await draw_map(case.scenario, Bounds(MAPPED, None, case.steps), self.session)

    async def answer(self, request: bytes) -> bytes:
        """Answer a lesson's request, as the explorer's child process does."""
        asked = pickle.loads(request)
        try:
            scenario = pickle.loads(asked["scenario"])
            return dumps(("done", await self.session.ask(asked["kind"], scenario, asked["options"])))
        except (RuntimeError, ValueError) as error:
            return dumps(("failed", error))
        except Exception:
            return dumps(("failed", RuntimeError(traceback.format_exc())))


def _function(checker: Checker, code: str) -> Any:
    """The learner's function; None if `code` doesn't define it, which the checker then explains."""
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, FILE, "exec"), names)
    return names.get(checker.piece)


def _words(progress: Progress) -> str:
    return f"{progress.runs:,} schedules run, {progress.states:,} states"
