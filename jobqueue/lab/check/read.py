"""The checker of whoever reads a stream: all that came after an entry, once, in order, and the stream as it was."""

from jobqueue.lab.check.apart import apart, noting
from jobqueue.lab.check.checker import Case, Check, Checker
from jobqueue.lab.check.story import entries
from jobqueue.lab.check.verdict import Idea
from jobqueue.lab.explorer import Finding, Problem, Report, Scenario, View

STREAM = "letters"  # not the lesson's, so that a hard-coded name shows

#: bug → (failure, what it means).
MEANS: dict[str, tuple[str | None, str]] = {
    "hard-coded-name": (None, "Use the name it is given: there may be more than one stream."),
    "changes-the-stream": (None, "Reading a stream removes nothing. That is the difference to a list."),
    "not-ids": (None, "Wanted is a list of entry ids, as texts, oldest first."),
    "reads-it-again": (None, "After an id means without it: who reads on would run that job twice."),
    "reads-nothing": ("F05", "`$` means: what is added from now on. What is there already is not that."),
    "one-page": ("F27", "`count` bounds a reply, not the stream: ask again, after the last id, until nothing comes."),
    "skips": (None, "Two entries of one millisecond differ in the number after the dash only."),
    "out-of-order": (None, "Oldest first: a stream keeps its order, and ids are numbers, not words."),
    "twice": (None, "Where does the next page begin?"),
    "starts-over": (None, "It is told where to begin."),
    "waits-for-ever": (None, "With nothing new, return an empty list: do not block."),
}


def check(fn) -> Check:
    """Check `async def read_after(redis, stream, after)`.

    What it has to do: return the ids of all entries that were added after the entry `after`, oldest first; "0-0" is
    before the first. It takes nothing away. With nothing new, it returns an empty list.

    What is tried, each with a fresh Redis: a stream with two entries in one millisecond; 350 entries; a stream with
    nothing new, one that is empty, one that is not there; and an entry that somebody adds meanwhile, in every order.
    """
    return CHECKER(fn)


def cases(piece):
    """In the order of the docstring."""
    yield Case("twelve entries, some of one millisecond", scenario(piece, 12, 4), named)
    yield Case("350 entries", scenario(piece, 350, 1), named, 1, 2_000, recognise=False)
    yield Case("nothing new", scenario(piece, 5, 5), named)
    yield Case("no stream at all", scenario(piece, 0, 0), named)
    yield Case("somebody adds an entry meanwhile", scenario(piece, 3, 1, writer), named)


async def writer(redis, world):
    await redis.xadd(STREAM, {"letter": "late"})


def scenario(piece, count: int, after: int, beside=None) -> Scenario:
    """A stream of `count` entries, to be read after the one with this number."""

    async def reader(redis, world):
        record = noting(world)
        found = await apart(piece)(redis, STREAM, _id(after) if after else "0-0")
        record("found", tuple(map(str, found)) if isinstance(found, list | tuple) else None)

    async def setup(redis, world):
        for number in range(1, count + 1):
            await redis.xadd(STREAM, {"letter": number}, id=_id(number))

    programs = {"reader": reader} | ({"writer": beside} if beside else {})
    return Scenario(programs, setup, invariants=[lambda view: right(view, after)])


def _id(number: int) -> str:
    """Three of them in each millisecond; 9 and 10 lie between, so that texts would be sorted another way."""
    return f"{7 + number // 3}-{number % 3 + 8}"


def right(view: View, after: int) -> list[Finding]:
    """The invariant: the stream is as it was, and the answer is right; or the first thing that is wrong."""
    if view.outcomes["reader"] != "ended":
        return []
    before, now = list(entries(view.start, STREAM)), list(entries(view.content, STREAM))
    if set(view.content.streams) - {STREAM}:
        return [Finding("hard-coded-name", f"It was given `{STREAM}`, and writes to another key.")]
    if now[: len(before)] != before or any(s.groups for s in view.content.streams.values()):
        return [Finding("changes-the-stream", "The stream is not what it was.")]
    [*_, (_, found)] = [effect for effect in view.effects if effect[0] == "found"]
    return _answered(found, before, now, after)


def _answered(found, before: list[str], now: list[str], after: int) -> list[Finding]:
    must, may = before[after:], now[after:]
    if found is None or any(one not in now for one in found):
        return [Finding("not-ids", f"It returns {'nothing of the kind' if not found else f'`{found[0][:60]}`'}.")]
    if len(set(found)) < len(found):
        return [Finding("twice", "An entry is in the answer twice.")]
    if strange := [one for one in found if one not in may]:
        bug = "reads-it-again" if strange == [before[after - 1]] else "starts-over"
        return [Finding(bug, f"Entry {strange[0]} is in the answer, after {before[after - 1]}.")]
    if missing := [one for one in must if one not in found]:
        bug = "reads-nothing" if not found else "one-page" if len(must) > 100 else "skips"
        return [Finding(bug, f"{len(missing)} of {len(must)} entries are not in the answer.")]
    return (
        [] if list(found) == [one for one in may if one in found] else [Finding("out-of-order", "Not in their order.")]
    )


def named(problem: Problem, report: Report) -> Idea | None:
    """The invariant has named it; or it never came to an end."""
    bug = "waits-for-ever" if problem.kind in ("hangs", "endless") else problem.kind
    if bug not in MEANS:
        return None
    failure, means = MEANS[bug]
    return Idea(bug, f"{problem.message} {means}", failure)


CHECKER = Checker(
    "read",
    "async def read_after(redis, stream, after)",
    cases,
    lesson="01-streams · Repair",
    counted="{schedules:,} schedules, {states:,} states, every entry once, nothing taken away",
)
