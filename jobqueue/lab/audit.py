"""Books on the jobs of a queue, by their ids: what was accepted, held against the outcomes that were recorded."""

from collections import Counter
from collections.abc import Callable, Coroutine

from jobqueue.queue import Queue


async def outcomes(queue: Queue) -> list[str]:
    """The ids of the jobs for which an outcome was recorded, in that order, by the queue's own events."""
    rows = await queue.redis.xrange(queue.keys.events)
    return [fields[b"id"].decode() for _, fields in rows if fields[b"event"] == b"done"]


#: Books to audit: what is wrong with an auditor that fails on them, the accepted, the outcomes, the answer.
BOOKS = (
    ("says that something is wrong where all is well", "abc", "cab", {"lost": [], "settled twice": []}),
    ("does not say which job is lost", "abc", "ac", {"lost": ["b"], "settled twice": []}),
    ("does not say which job was settled twice", "ab", "aba", {"lost": [], "settled twice": ["a"]}),
    ("lets a job settled twice make up for a lost one", "abc", "aba", {"lost": ["c"], "settled twice": ["a"]}),
    ("does not name a job with three outcomes, or not just once", "a", "aaa", {"lost": [], "settled twice": ["a"]}),
    ("names a job of somebody else's", "a", "axx", {"lost": [], "settled twice": []}),
)


def examine(account: Callable[[list[str], list[str]], dict]) -> str:
    """What is wrong with a learner's `account(accepted, outcomes)`, or "": the first book it gets wrong, in words."""
    for wrong, accepted, done, answer in BOOKS:
        try:
            said = account(list(accepted), list(done))
        except Exception as error:
            return f"it raised {type(error).__name__}: {error}\n{_book(accepted, done)}"
        if misshapen := _misshapen(said):
            return misshapen
        if {what: sorted(said[what]) for what in answer} != answer:
            return f"it {wrong}\n{_book(accepted, done)}\n  it said:  {said}\n  right is: {answer}"
    return ""


def _book(accepted: str, outcomes: str) -> str:
    return f"  accepted: {list(accepted)}\n  outcomes: {list(outcomes)}"


def _misshapen(said: object) -> str:
    """What is wrong with the form of an answer, or ""."""
    if isinstance(said, Coroutine):
        said.close()
        return "it is an async function: there is nothing to wait for, so begin it with def"
    if said is None:
        return "it returned None: is a return missing?"
    if not isinstance(said, dict) or set(said) != {"lost", "settled twice"}:
        return f'it returned {said!r}: return a dict with the keys "lost" and "settled twice"'
    for what, jobs in said.items():
        if not isinstance(jobs, list | set | tuple):
            return f"under {what!r} it says {jobs!r}: say which jobs, as a list of ids, not how many"
    return ""


def by_id(accepted: list[str], outcomes: list[str]) -> dict[str, list[str]]:
    """A working one."""
    times = Counter(outcomes)
    return {
        "lost": [job for job in accepted if not times[job]],
        "settled twice": [job for job in accepted if times[job] > 1],
    }
