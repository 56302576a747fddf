"""The checker of `process_one`: what it tries."""

from collections.abc import Iterator

from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.process import ideas, worlds


@checker(
    "async def process_one(redis, stream, group, consumer, handle)",
    "04-acknowledgement · Repair",
)
def process(piece: Piece) -> Iterator[Case]:
    """Check `async def process_one(redis, stream, group, consumer, handle)`.

    The task: read one new entry of `stream` for `group`, in the name of `consumer`. Await `handle(fields)`, and
    acknowledge the entry when that has returned. If `handle` raises, leave the entry pending; then you may return, or
    raise the error on. With nothing to read, return soon. You may delete an entry that's acknowledged.

    The checker tries this, each time with a fresh Redis:

    1. One call, with two jobs waiting, and a third one pending with another consumer. One new job must run, with its
       fields, and be acknowledged. The others must stay as they are.
    2. One call, with a job on its 27th attempt, which must run like any other.
    3. One call, with nothing to read, while another consumer works on a job. It must return within 10 s, and leave that
       job alone.
    4. One job, and a worker that dies before or after any of its steps, or loses the reply to one. An hour later a
       healthy reaper comes, and then the same worker, undisturbed. The job must run. (Twice: a remark.)
    5. One call, with a `handle` that raises. The entry must stay pending.
    6. One call, with a `handle` that takes 100 s. If your function cuts it short, the entry must stay pending.
    7. Two workers at once and two jobs, in every order. Each job must run once.
    8. A worker and a reaper, and a lease that may pass at any moment. No job may be lost. (A job that runs twice: a
       remark.)
    """
    yield Case("two jobs waiting, one call", worlds.two_waiting(piece), ideas.of_one)
    yield Case("a job on its 27th attempt", worlds.many_attempts(piece), ideas.of_one)
    yield Case("nothing to read", worlds.nothing_waiting(piece), ideas.of_nothing)
    yield Case("a worker that may die anywhere", worlds.dying(piece), ideas.of_faults)
    yield Case("a handler that raises", worlds.handler_raises(piece), ideas.of_one)
    yield Case("a handler that takes 100 s", worlds.slow_handler(piece), ideas.of_one)
    yield Case("two workers at once", worlds.two_workers(piece), ideas.of_two)
    yield Case("a lease that may pass at any moment", worlds.late(piece), ideas.of_faults)
