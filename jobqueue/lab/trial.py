"""Is an invariant any good? It has to object to a wrong piece, and to leave alone a right one (lesson 09)."""

from collections.abc import Callable

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
    except RuntimeError as error:  # of the explorer's child; its last line is the learner's own
        trouble = f"It raised {str(error).strip().splitlines()[-1]}. An invariant is asked in every state."
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


def _trouble(wrong: Report, right: Report) -> str | None:
    if not wrong.losing and not right.losing:
        return "It objects to nothing: an invariant that cannot fail proves nothing."
    if not wrong.losing:
        return "It has them the wrong way round."
    if right.losing:
        return f'It objects to the right piece too: "{right.problem.message}". That is a false alarm.'
    if wrong.losing == wrong.schedules:
        return "It objects to every schedule of the wrong piece, also to those that do no harm."
    return None
