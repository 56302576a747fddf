"""The checker of workers' one step: what it tries. The worlds are in process_worlds.py, the diagnoses in
process_words.py."""

from jobqueue.lab.check import process_words as words
from jobqueue.lab.check import process_worlds as worlds
from jobqueue.lab.check.checker import Case, Check, Checker


def check(fn) -> Check:
    """Check `async def process_one(redis, stream, group, consumer, handle)`.

    What it has to do: read one new entry of `stream` for `group`, in the name of `consumer`; await `handle(fields)`;
    acknowledge the entry when that has returned. If `handle` raised, the entry stays pending (raising the error on, or
    returning, are both fine). With nothing to read it returns soon. Deleting what is acknowledged is allowed.

    What is tried, each with a fresh Redis:

    1. One call, with two jobs waiting, and a third pending with another consumer. One new job must be run, with its
       fields, and acknowledged; the others must stay as they are.
    2. One call, with nothing to read. It must return within 10 s.
    3. One job, and a worker that dies before or after any of its steps, or loses the reply to one; an hour later a
       healthy reaper, and the same worker, undisturbed. The job must run. (Twice: a remark.)
    4. One call, with a `handle` that raises. The entry must stay pending.
    5. Two workers at once and two jobs, in every order. Each job must run once.
    6. A worker and a reaper; the lease may pass at any moment. Nothing may be lost. (A job that runs twice: a remark.)
    """
    return CHECKER(fn)


def cases(piece):
    """In the order of the docstring."""
    yield Case("two jobs waiting, one call", worlds.two_waiting(piece), words.named)
    yield Case("nothing to read", worlds.nothing_waiting(piece), words.of_nothing)
    yield Case("a worker that may die anywhere", worlds.dying(piece), words.of_faults)
    yield Case("a handler that raises", worlds.handler_raises(piece), words.named)
    yield Case("two workers at once", worlds.two_workers(piece), words.of_two)
    yield Case("a lease that may pass at any moment", worlds.late(piece), words.of_faults)


CHECKER = Checker(
    "process",
    "async def process_one(redis, stream, group, consumer, handle)",
    cases,
    lesson="04-acknowledgement · Repair",
)
