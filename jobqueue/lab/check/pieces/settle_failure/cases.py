"""The checker of `settle_failure`: what it tries."""

from collections.abc import Iterator

from jobqueue.explorer import Faults
from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.settle_failure import ideas, worlds


@checker(
    "async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts)",
    "10-poison-and-dead-letters · Repair",
)
def settle_failure(piece: Piece) -> Iterator[Case]:
    """Check `async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts)`.

    The task: a worker's attempt at the job of `entry_id`, which is pending in `group`, has failed. `fields` is what the
    entry holds, all strings, with `attempt` (from 1) among them; `error` is a string that says why. While `attempt` is
    below `max_attempts`, add a new entry with the same fields and `attempt` + 1 to `stream`. Otherwise add the fields,
    and `error` in one more, to the stream `<stream>:dead`. Remove the old entry from the pending list and the stream.
    Touch nothing else. The checker ignores what you return.

    The checker tries this, each time with a fresh Redis:

    1. One call: attempt 1 of 3, next to another pending job of its own, one of another worker's, and a waiting one.
       Then the same with an entry that was delivered four times.
    2. Eight calls, one after the other, the youngest entry first: attempts 1, 2, 3 and 5 of 3, 2 and 9 of 10, 10 of 12,
       1 of 1. Each has another error, and some a field more. Then one call next to 1,200 jobs that wait.
    3. One call: attempt 3 of 3.
    4. Attempts 1 and 3 of 3, and one fault anywhere: the worker dies before a command, the reply to one is lost, or one
       is refused because memory is full. Two minutes later a reaper and a worker run. The job must run, or be in the
       dead-letter stream. (Both, or twice: a remark.)
    5. The same, but if a reply is lost, the worker calls again with the same arguments.
    6. Two workers at once, each with a job that failed, in every order.
    7. Attempts 1 and 3 of 3 after the lease has passed: a reaper is at work at the same time, in every order, and the
       worker may die. No job may be lost. (A job that runs twice: a remark. So is an exception here.)
    """
    fault, lost = Faults(crash=1, lose_reply=1, refuse_memory=1, total=1), Faults(lose_reply=1)
    many = f"attempt 1 of 3, next to {worlds.MANY:,} jobs that wait"
    table = "attempts 1, 2, 3 and 5 of 3, 2 and 9 of 10, 10 of 12, 1 of 1"
    yield Case("attempt 1 of 3", worlds.one_call(piece, 1), ideas.of_one)
    yield Case("attempt 1 of 3, of an entry delivered four times", worlds.one_call(piece, 1, 4), ideas.of_delivered)
    yield Case(table, worlds.table(piece), ideas.of_one, runs=8)  # it's not about orders, and tasks would make many
    yield Case(many, worlds.crowded(piece), ideas.of_one, runs=1, recognise=False)
    yield Case("attempt 3 of 3", worlds.one_call(piece, 3), ideas.of_one)
    for attempt in (1, 3):
        of = f"attempt {attempt} of 3"
        yield Case(f"{of}, and one fault", worlds.faulty(piece, attempt, fault), ideas.of_faults)
        yield Case(f"{of}, called again", worlds.faulty(piece, attempt, lost, again=True), ideas.of_faults)
    yield Case("two workers, two jobs that failed", worlds.two_workers(piece), ideas.of_two, runs=600)
    for attempt in (1, 3):
        title = f"attempt {attempt} of 3, and a reaper at the same time"
        yield Case(title, worlds.with_a_reaper(piece, attempt), ideas.of_reaper, runs=600)
