"""An audit of a queue by job id: the jobs that were accepted, compared with the outcomes that were recorded."""

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from jobqueue.queue import Queue

#: An auditor's answer: {"no outcome": [ids], "settled twice": [ids]}.
Findings = dict[str, list[str]]

#: `account(accepted, outcomes)`.
Auditor = Callable[[list[str], list[str]], Findings]


async def outcomes(queue: Queue) -> list[str]:
    """The ids of the jobs with a recorded outcome, one per outcome, in order. They come from the queue's own events."""
    rows: Any = await queue.redis.xrange(queue.keys.events)
    return [fields[b"id"].decode() for _, fields in rows if fields[b"event"] == b"done"]


def _clear() -> Findings:
    return {"no outcome": [], "settled twice": []}


#: Books to audit: the fault of an auditor that fails on them, the accepted, the outcomes, and the right answer.
BOOKS: tuple[tuple[str, str, str, Findings], ...] = (
    ("says that something is wrong where all is well", "abc", "cab", _clear()),
    ("doesn't say which job has no outcome", "abc", "ac", _clear() | {"no outcome": ["b"]}),
    ("doesn't say which job was settled twice", "ab", "aba", _clear() | {"settled twice": ["a"]}),
    (
        "lets a job settled twice make up for one without an outcome",
        "abc",
        "aba",
        {"no outcome": ["c"], "settled twice": ["a"]},
    ),
    ("doesn't name a job with three outcomes", "a", "aaa", _clear() | {"settled twice": ["a"]}),
    ("names a job that isn't in these books", "a", "axx", _clear()),
)


def examine(account: Auditor) -> str:
    """Say which book a learner's `account(accepted, outcomes)` gets wrong first, and how; "" if none."""
    for wrong, accepted, done, answer in BOOKS:
        try:
            returned = account(list(accepted), list(done))
        except Exception as error:
            return f"it raised {type(error).__name__}: {error}\n{_book(accepted, done)}"
        if misshapen := _misshapen(returned):
            return misshapen
        if repeated := next(
            (name for name, jobs in returned.items() if any(list(jobs).count(job) > 1 for job in jobs)), None
        ):
            return f"it names a job twice under {repeated!r}\n{_book(accepted, done)}\n  it said:  {returned}"
        if {name: sorted(returned[name]) for name in answer} != answer:
            return f"it {wrong}\n{_book(accepted, done)}\n  it said:  {returned}\n  right is: {answer}"
    return ""


def _book(accepted: Sequence[str], outcomes: Sequence[str]) -> str:
    return f"  accepted: {list(accepted)}\n  outcomes: {list(outcomes)}"


def _misshapen(returned: object) -> str:
    """Say what's wrong with the form of an answer; "" if it's right."""
    if isinstance(returned, Coroutine):
        returned.close()
        return "it's an async function, but there's nothing to wait for: begin it with def"
    if returned is None:
        return "it returned None: is a return missing?"
    if not isinstance(returned, dict) or set(returned) != {"no outcome", "settled twice"}:
        return f'it returned {returned!r}: return a dict with the keys "no outcome" and "settled twice"'
    for name, jobs in returned.items():
        if not isinstance(jobs, list | set | tuple):
            return f"under {name!r} it says {jobs!r}: say which jobs, as a list of ids, not how many"
    return ""


def by_id(accepted: list[str], outcomes: list[str]) -> Findings:
    """A working auditor."""
    times = Counter(outcomes)
    return {
        "no outcome": [job for job in accepted if not times[job]],
        "settled twice": [job for job in accepted if times[job] > 1],
    }
