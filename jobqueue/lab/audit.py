"""Books on the jobs of a queue, by their ids: what was accepted, held against the outcomes that were recorded."""

from collections import Counter
from collections.abc import Callable

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
    ("says three outcomes are more than one repeat", "a", "aaa", {"lost": [], "settled twice": ["a"]}),
)


def examine(account: Callable[[list[str], list[str]], dict]) -> str:
    """What is wrong with a learner's `account(accepted, outcomes)`, or "": the first book it gets wrong, in words."""
    for wrong, accepted, done, answer in BOOKS:
        try:
            said = account(list(accepted), list(done))
            lists = {what: sorted(said[what]) for what in answer}
        except Exception as error:
            return f"it raised {type(error).__name__}: {error}, for accepted={list(accepted)}, outcomes={list(done)}"
        if lists != answer:
            return f"it {wrong}: accepted={list(accepted)}, outcomes={list(done)}, it said {said}, right is {answer}"
    return ""


def by_id(accepted: list[str], outcomes: list[str]) -> dict[str, list[str]]:
    """A working one."""
    times = Counter(outcomes)
    return {
        "lost": [job for job in accepted if not times[job]],
        "settled twice": [job for job in accepted if times[job] > 1],
    }
