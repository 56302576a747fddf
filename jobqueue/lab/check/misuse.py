"""Words for faults that any function can have: it raises, hangs, spins, forgets an `await` …"""

import re

from jobqueue.errors import BadSetting
from jobqueue.explorer import Problem
from jobqueue.lab.check.verdict import Idea

#: Kinds of findings that a function causes by something it may not do here, and the consequence of each.
TRESPASS = {
    "own connection": "So it doesn't work on the queue that it's given as `redis`.",
    "starts a process": "A checker runs your function a thousand times, so it refused that.",
    "sends a signal": "Signals reach other programs too, so the checker refused that one.",
    "stops the loop": "So everything in its program stops with it, heartbeats included.",
    "ends the program": "So the worker or reaper that called it is gone with it.",
    "changes the server": "That changes the server for every program that uses it, so the checker refused it.",
    "cannot be tried": "The checker has no way to run that command.",
    "breaks the checker": "So nobody knows yet if your function works, because the checker couldn't go on.",
    "endless script": "So Redis serves no other client in the meantime.",
    "uses too much memory": "So the machine kills the worker that calls it.",
}

#: Kinds of findings about the program itself, and what they mean to its caller. {} is the finding.
HABITS = {
    "not awaited": "{}.",
    "spins": "Your function never comes to an end, and sends nothing either. {}.",
    "endless": "Your function sends command after command, without end. {}",
    "hangs": "{}. So its worker or reaper looks healthy, and does nothing.",
    "leaks a task": "{}. So that task is still at work when the caller takes everything for done.",
    "not deterministic": "{} So nothing that was tried can be repeated.",
    "silent": "{}. So nothing more was tried.",
}

#: Kinds of findings that are about the program itself.
TROUBLE = ("raised", *HABITS, *TRESPASS)

_RAISED = re.compile(r"^.+? raised (?P<type>\w+): (?P<message>.*?)(?P<place>, at line \d+ of .*)?$", re.S)


def misuse(problem: Problem) -> Idea | None:
    """The Idea behind a problem of the program itself; None if it isn't one of these."""
    if problem.kind == "raised":
        return _raised(problem)
    bug = "goes-silent" if problem.kind == "silent" else problem.kind.replace(" ", "-")
    if problem.kind in HABITS:
        return Idea(bug, HABITS[problem.kind].format(_capitalize(problem.message)))
    if problem.kind in TRESPASS:
        words = problem.message
        if problem.program:
            words = f"Your function {words.removeprefix(problem.program).strip()}"
        return Idea(bug, f"{_capitalize(words)}. {TRESPASS[problem.kind]}")
    return None


def broken(error: Exception) -> Idea:
    """The Idea behind an exception of the checker's own: a function may have changed what the checker stands on."""
    if isinstance(error, BadSetting):
        return Idea("not-portable", f"Your function can't be tried: {error}.")
    last = (str(error).strip() or repr(error)).splitlines()[-1]
    words = f"The checker itself failed while it tried your function: {last}. So nobody knows yet if it works."
    return Idea("checker-failed", f"{words} A function that changes a module or a builtin can do this.")


def _raised(problem: Problem) -> Idea:
    match = _RAISED.match(problem.message)
    if not match:
        return Idea("raises", f"Your function failed: {problem.message}.")
    kind, message, place = (
        match["type"],
        match["message"].strip().rstrip("."),
        (match["place"] or "").removeprefix(", "),
    )
    if kind == "NotImplementedError":
        return Idea("not-written-yet", f"Your function isn't finished: it raises NotImplementedError {place}.")
    if message.startswith("NOGROUP"):
        words = f"Your function asks for a stream or a group that doesn't exist, {place}: {message}."
        return Idea("hard-coded-names", f"{words} It was given others, so it can't work on any other queue.")
    if message.startswith("time.sleep("):
        return Idea("stops-the-loop", f"`time.sleep` {message.partition(' ')[2]}, {place}.")
    if re.search(r"name '(_+)' is not defined", message) or "'ellipsis'" in message:
        return Idea("not-written-yet", f"There's still a blank to fill in, {place}.")
    if "RuntimeWarning" in kind or "coroutine" in message:
        words = f"An `await` is missing, {place}: {kind}: {message}."
        return Idea("not-awaited", f"{words} A call without `await` only promises to do it.")
    after = {"lose_reply": " after the reply to a command was lost", "refuse_memory": " when memory was refused"}
    when = next((after[fault] for fault in problem.faults if fault in after), "")
    return Idea("raises", f"Your function raised {kind}: {message}, {place}{when}.")


def _capitalize(words: str) -> str:
    return words[:1].upper() + words[1:]
