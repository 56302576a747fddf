"""Words for what can go wrong with any function: it raises, hangs, spins, forgets an `await` …"""

import re

from jobqueue.lab.check.verdict import Idea
from jobqueue.lab.explorer import Problem

#: Kinds of findings that are about the program itself.
TROUBLE = ("raised", "not awaited", "spins", "endless", "hangs", "leaks a task", "not deterministic")

_RAISED = re.compile(r"^(?P<who>.+?) raised (?P<type>\w+): (?P<message>.*?)(?P<place>, at line \d+ of .*)?$", re.S)


def misuse(problem: Problem) -> Idea | None:
    """The Idea behind a problem of the program itself; None if it is not one of these."""
    words = _first_up(problem.message)
    if problem.kind == "raised":
        return _raised(problem)
    if problem.kind == "not awaited":
        return Idea("not-awaited", f"{words}.")
    if problem.kind == "spins":
        return Idea("spins", f"It never comes to an end, and sends nothing either. {words}.")
    if problem.kind == "endless":
        return Idea("endless", f"It sends command after command, without end. {words}")
    if problem.kind == "hangs":
        return Idea("hangs", f"{words}. A worker or reaper that hangs looks healthy, and does nothing.")
    if problem.kind == "leaks a task":
        return Idea("leaks-a-task", f"{words}. Whatever it started must be over when it returns.")
    if problem.kind == "not deterministic":
        return Idea("not-deterministic", f"{words} All it knows must come from its arguments and from Redis.")
    return None


def _raised(problem: Problem) -> Idea:
    match = _RAISED.match(problem.message)
    kind, message, place = match["type"], match["message"].strip(), (match["place"] or "").removeprefix(", ")
    if kind == "OwnConnection":
        return Idea("own-connection", f"It opens a connection of its own, {place}. The checker hands it a client, "
                                      "to a server of its own: use the argument.")  # fmt: skip
    if kind == "NotImplementedError":
        return Idea("not-written-yet", f"It is not finished: it raises NotImplementedError {place}.")
    if message.startswith("NOGROUP"):
        return Idea("hard-coded-names", f"It asks for a stream or a group that is not there, {place}: {message}. "
                                        "Use the names it is given, not those of the lesson.")  # fmt: skip
    if message.startswith("time.sleep("):
        return Idea("stops-the-loop", f"`time.sleep` {message.partition(' ')[2]}, {place}.")
    blank = re.search(r"name '(_+)' is not defined", message) or "'ellipsis'" in message
    if blank:
        return Idea("not-written-yet", f"There is a blank still to be filled in, {place}.")
    if "RuntimeWarning" in kind or "coroutine" in message:
        return Idea("not-awaited", f"An `await` is missing, {place}: {kind}: {message}. "
                                   "A call without `await` is only a promise to do it.")  # fmt: skip
    after = {"lose_reply": " after the reply to a command was lost", "refuse_memory": " when memory was refused"}
    when = next((after[fault] for fault in problem.faults if fault in after), "")
    return Idea("raises", f"It raised {kind}: {message}, {place}{when}.")


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]
