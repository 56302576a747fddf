"""Is an invariant any good? It has to object to a wrong piece, and to leave alone a right one (lesson 09)."""

from collections.abc import Callable

from jobqueue.errors import BadSetting
from jobqueue.lab.explorer.kernel import explore
from jobqueue.lab.explorer.report import Report
from jobqueue.lab.explorer.scenario import Scenario


async def on_trial(
    invariant: Callable, scenario: Callable[..., Scenario], wrong: Callable, right: Callable, working: Callable
) -> Callable:
    """Try `invariant` in `scenario(piece, invariant)` on both pieces, and say what came of it.

    Returns the invariant to go on with: yours if it can tell the two apart, and else `working`.
    """
    if getattr(invariant, "__code__", None) is getattr(working, "__code__", invariant):
        print("This is the kit's own, from the last time. Run the cell with yours first, and then this one.")
        return working
    try:
        reports = [await explore(scenario(piece, invariant)) for piece in (wrong, right)]
    except Exception as error:
        trouble = _raised(error)
    else:
        for piece, report in zip((wrong, right), reports, strict=True):
            print(f"{piece.__name__}: {report.losing} of {report.schedules} schedules objected to")
        trouble = _trouble(*reports)
    if trouble is None:
        print("Yours tells the wrong piece from the right one: from here on, this notebook works with it.")
        return invariant
    print(f"Not there yet. {trouble}")
    print("From here on, this notebook works with another one, so that you can go on.")
    return working


def _raised(error: Exception) -> str:
    if isinstance(error, BadSetting):  # it could not be sent
        return "It uses something of this notebook, redis perhaps: an invariant has nothing but the view it is given."
    last = (str(error).strip() or repr(error)).splitlines()[-1]
    if not isinstance(error, RuntimeError):  # or it is of the explorer's child: its last line is the learner's own
        last = f"{type(error).__name__}: {last}"
    return f"It raised {last}. It is asked in every state: to object, return a sentence, or assert."


def _trouble(wrong: Report, right: Report) -> str | None:
    if not wrong.schedules or not right.schedules:
        return "It did not come to an end: a loop that goes on for ever?"
    said = str((right.problem or wrong.problem).message) if right.problem or wrong.problem else ""
    if said in ("True", "False"):
        return f"It returned {said}, and whatever is not None is an objection. Return a sentence, or None."
    if said.startswith("<coroutine"):
        return "It is an async function: there is nothing to wait for, so begin it with def."
    if not wrong.losing and not right.losing:
        return "It objects to nothing: an invariant that cannot fail proves nothing."
    if not wrong.losing:
        return "It has them the wrong way round."
    if right.losing:
        return f'It objects to the right piece too: "{right.problem.message}". That is a false alarm.'
    if wrong.losing == wrong.schedules:
        return "It objects to every schedule of the wrong piece, also to those that do no harm."
    return None
