"""The checker of `settle_failure`: what it tries. The worlds are in settle_worlds.py, the diagnoses in
settle_words.py."""

from jobqueue.lab.check import settle_words as words
from jobqueue.lab.check import settle_worlds as worlds
from jobqueue.lab.check.checker import Case, Checker
from jobqueue.lab.check.run import Check
from jobqueue.lab.explorer import Faults


def check(function) -> Check:
    """Check `async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts)`.

    What it has to do: a worker's attempt at the job of `entry_id`, which is pending in `group`, has failed. `fields` is
    what the entry holds, strings all, its `attempt` (from 1) among them; `error` says why, a string. While `attempt` is
    below `max_attempts`, a new entry with the same fields and `attempt` + 1 is added to `stream`; else the fields, and
    `error` in one more, are added to the stream `<stream>:dead`. The old entry leaves the PEL and the stream. Nothing
    else is touched. What it returns is ignored.

    What is tried, each with a fresh Redis:

    1. One call: attempt 1 of 3, beside another pending job of its own, one of another worker's, and a waiting one.
       The same, when the entry was delivered four times.
    2. Eight calls, one after the other: attempts 1, 2, 3 and 5 of 3, 2 and 9 of 10, 10 of 12, 1 of 1.
    3. One call: attempt 3 of 3.
    4. Attempts 1 and 3 of 3, and one fault anywhere: the worker dies before a command, the reply to one is lost, or one
       is refused because memory is full. Two minutes later a reaper and a worker run. The job must run, or be in the
       dead-letter stream. (Both, or twice: a remark.)
    5. The same, but when a reply is lost, the worker calls again with the same arguments.
    6. Two workers at once, each with a job that failed, in every order.
    7. Attempts 1 and 3 of 3, when the lease has passed: a reaper is at work at the same time, in every order; and the
       worker may die. Nothing may be lost. (A job that runs twice: a remark. So is an exception here.)
    """
    return CHECKER(function)


def cases(piece):
    """In the order of the docstring."""
    fault = Faults(crash=1, lose_reply=1, refuse_memory=1, total=1)
    lost = Faults(lose_reply=1)
    yield Case("attempt 1 of 3", worlds.one_call(piece, 1), words.named)
    yield Case("attempt 1 of 3, of an entry delivered four times", worlds.one_call(piece, 1, 4), words.of_delivered)
    yield Case("attempts 1, 2, 3 and 5 of 3, 2 and 9 of 10, 10 of 12, 1 of 1", worlds.table(piece), words.named)
    yield Case("attempt 3 of 3", worlds.one_call(piece, 3), words.named)
    for attempt in (1, 3):
        of = f"attempt {attempt} of 3"
        yield Case(f"{of}, and one fault", worlds.faulty(piece, attempt, fault), words.of_faults)
        yield Case(f"{of}, called again", worlds.faulty(piece, attempt, lost, again=True), words.of_faults)
    yield Case("two workers, two jobs that failed", worlds.two_workers(piece), words.of_two, runs=600)
    for attempt in (1, 3):
        title = f"attempt {attempt} of 3, and a reaper at the same time"
        yield Case(title, worlds.beside_a_reaper(piece, attempt), words.of_reaper, runs=600)


CHECKER = Checker(
    "settle_failure",
    "async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts)",
    cases,
    lesson="07-retries-and-dead-letters · Repair",
)
