"""Is an invariant any good? It must object to a wrong piece, and it mustn't object to a right one (lesson 12)."""

from collections.abc import Callable
from typing import Any

from jobqueue.errors import BadSetting
from jobqueue.explorer import Report, Scenario, explore

Function = Callable[..., Any]

#: Entries that one call adds, where one would do.
FLOOD = 20

TOOTHLESS = "It objects to nothing. An invariant that can't fail proves nothing."


async def on_trial(
    invariant: Function, scenario: Callable[..., Scenario], wrong: Function, right: Function, working: Function
) -> Function:
    """Try `invariant` in `scenario(piece, invariant)` on both pieces, and print the result.

    Returns the invariant to go on with: yours if it can tell the two apart, otherwise `working`.
    """
    if getattr(invariant, "__code__", None) is getattr(working, "__code__", invariant):
        print("This is the kit's own invariant, from the last time. Run the cell with yours first, and then this one.")
        return working
    try:
        reports = [await explore(scenario(piece, invariant)) for piece in (wrong, right)]
    except Exception as error:
        trouble: str | None = _raised(error)
    else:
        for piece, report in zip((wrong, right), reports, strict=True):
            print(f"{piece.__name__}: {report.losing} of {report.schedules} schedules objected to")
        trouble = _trouble(*reports)
        if trouble == TOOTHLESS and (await explore(scenario(floods, invariant), schedules=1)).losing:
            trouble = "It's too lax. It objects to a queue that's far too full, but not to one job too many."
    if trouble is None:
        print("Yours tells the wrong piece from the right one. From here on, this notebook works with it.")
        return invariant
    print(f"Not there yet. {trouble}")
    print("From here on, this notebook works with another one, so that you can go on.")
    return working


async def floods(redis: Any, stream: str, fields: dict[str, str], capacity: int) -> None:
    """Be so wrong that any invariant which can fail does."""
    for _ in range(FLOOD):
        await redis.xadd(stream, fields)


def _raised(error: Exception) -> str:
    if isinstance(error, BadSetting):  # it couldn't be sent
        return (
            "It uses something from this notebook, maybe redis. But an invariant has nothing but the view it's given."
        )
    last = (str(error).strip() or repr(error)).splitlines()[-1]
    if not isinstance(error, RuntimeError):  # one of those comes from the explorer's child: its last line is enough
        last = f"{type(error).__name__}: {last}"
    return f"It raised {last}. The explorer asks it in every state. To object, return a sentence, or assert."


def _trouble(wrong: Report, right: Report) -> str | None:
    if not wrong.schedules or not right.schedules:
        return "It didn't end. Does a loop in it go on forever?"
    problem = right.problem or wrong.problem
    objection = str(problem.message) if problem else ""
    if objection in ("True", "False"):
        return f"It returned {objection}, and anything but None is an objection. Return a sentence, or None."
    if objection.startswith("<coroutine"):
        return "It's an async function, but there's nothing to wait for: begin it with def."
    if not wrong.losing and not right.losing:
        return TOOTHLESS
    if not wrong.losing:
        return "It has them the wrong way round."
    if right.losing:
        return f'It objects to the right piece too: "{objection}". That\'s a false alarm.'
    if wrong.losing == wrong.schedules:
        return "It objects to every schedule of the wrong piece, even to those that do no harm."
    return None
