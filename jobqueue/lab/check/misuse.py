"""Words for faults that any function can have: it raises, hangs, spins, forgets an `await` …"""

import re

from jobqueue.errors import BadSetting
from jobqueue.explorer import Problem
from jobqueue.lab.check.verdict import Idea

GIVEN = "The checker gives your function Redis and a clock, and nothing else."
UNKNOWN = "So the checker couldn't go on, and doesn't know if your function works."

#: Kinds of findings that a function causes by something it may not do here, and the consequence of each.
TRESPASS = {
    "own connection": f"{GIVEN} So whatever it does there isn't done on the queue that it's given as `redis`.",
    "starts a process": f"{GIVEN} So it refused to start that one, which could outlive the check.",
    "sends a signal": f"{GIVEN} So it refused that signal, which could reach other programs too.",
    "asks at the keyboard": f"{GIVEN} So there's no answer, and in a worker it would wait forever.",
    "stops the loop": "So everything in its program stops with it, heartbeats included.",
    "ends the program": "So the worker or reaper that called it is gone with it.",
    "changes the server": "That changes the server for every program that uses it. So the checker refused it.",
    "cannot be tried": "The checker has no way to run that command. So it doesn't know if your function works.",
    "breaks the checker": UNKNOWN,
    "endless script": "So Redis serves no other client in the meantime.",
    "uses too much memory": "So the machine kills the worker that calls it.",
}

#: Kinds of findings about the program itself, and what each means to its caller.
HABITS = {
    "not awaited": "",
    "spins": "So it never comes to an end, and sends nothing either.",
    "endless": "So it's taken for endless, and whatever calls it would wait forever.",
    "hangs": "So its worker or reaper looks healthy, and does nothing.",
    "leaks a task": "So that task is still at work when the caller takes everything for done.",
    "not deterministic": "So nothing that was tried can be repeated.",
    "silent": UNKNOWN,
}

#: Kinds of findings that are about the program itself.
TROUBLE = ("raised", *HABITS, *TRESPASS)

#: How a message begins that is about the program: with its name, or that of one of its tasks.
_SUBJECT = re.compile(r"^(its|it|[\w/ -]+?(?= (?:sent|sends) ))\b")

_RAISED = re.compile(r"^.+? raised (?P<type>\w+): ?(?P<message>.*?)(?P<place>, at line \d+ of .*)?$", re.S)

#: Python's words, and redis-py's, for a coroutine in the place of its result.
_COROUTINE = re.compile(r"'(coroutine|async_generator)'|(coroutine|async_generator) object|(type|not) coroutine\b")


def misuse(problem: Problem) -> Idea | None:
    """The Idea behind a problem of the program itself; None if it isn't one of these."""
    if problem.kind == "raised":
        idea = raised(problem)
        return Idea(idea.bug, f"{idea.words} So it ended there, before it was done.") if idea.bug == "raises" else idea
    follows = {**HABITS, **TRESPASS}.get(problem.kind)
    if follows is None:
        return None
    if problem.kind == "endless" and re.search("sle(ep|pt)", problem.message):
        follows = f"One call is to be one pass over what's there. {follows}"
    bug = "goes-silent" if problem.kind == "silent" else problem.kind.replace(" ", "-")
    return Idea(bug, f"{_about_yours(problem)}. {follows}".strip())


def broken(error: Exception) -> Idea:
    """The Idea behind an exception of the checker's own: a function may have changed what the checker stands on."""
    if isinstance(error, BadSetting):
        return Idea("not-portable", f"Your function can't be tried: {error}.")
    last = (str(error).strip() or repr(error)).splitlines()[-1]
    words = (
        f"The checker itself failed while it tried your function: {last}. So it doesn't know if your function works."
    )
    return Idea("checker-failed", f"{words} A function that changes a module or a builtin can do this.")


def raised(problem: Problem) -> Idea:
    """The Idea behind an error that a program raised. Of an ordinary one it only says what was raised, and where."""
    match = _RAISED.match(problem.message)
    if not match:
        return Idea("raises", f"Your function failed: {problem.message}.")
    kind, message, place = match["type"], match["message"].strip().rstrip(",."), match["place"] or ""
    if kind == "NotImplementedError":
        return Idea("not-written-yet", f"Your function isn't finished: it raises NotImplementedError{place}.")
    if message.startswith("NOGROUP"):
        words = f"Your function asks for a stream or a group that doesn't exist{place}: {message}."
        return Idea("hard-coded-names", f"{words} It was given others. So it can't work on any other queue.")
    if call := re.match(r"time\.sleep\(.*?\)", message):
        words = f"Your function calls `{call[0]}`{place}. So everything in its program stops, heartbeats included."
        return Idea("stops-the-loop", words)
    if re.search(r"name '(_+)' is not defined", message) or "'ellipsis'" in message:
        return Idea("not-written-yet", f"There's still a blank to fill in{place}.")
    if "RuntimeWarning" in kind or _COROUTINE.search(message):
        words = f"An `await` is missing{place}: {kind}: {message}."
        return Idea("not-awaited", f"{words} A call without `await` only promises to do it.")
    after = {"lose_reply": " after the reply to a command was lost", "refuse_memory": " when memory was refused"}
    when = next((after[fault] for fault in problem.faults if fault in after), "")
    return Idea("raises", f"Your function raised {kind}{': ' * bool(message)}{message}{place}{when}.")


def _about_yours(problem: Problem) -> str:
    """The message, about "your function"."""
    message = problem.message
    if problem.program and message.startswith(f"{problem.program} "):
        return f"Your function {message.removeprefix(problem.program).strip()}"
    return _SUBJECT.sub(lambda match: "Your function" + "'s" * (match[0] == "its"), message, count=1)
