"""The checker of `enqueue_job`: what it tries."""

from collections.abc import Iterator
from functools import partial

from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.enqueue import worlds
from jobqueue.lab.check.pieces.enqueue.ideas import diagnose


@checker(
    "async def enqueue_job(redis, stream, fields, capacity)",
    "05-backpressure · Repair",
    "{schedules:,} schedules, {states:,} states, 0 over capacity, 0 lost",
)
def enqueue(piece: Piece) -> Iterator[Case]:
    """Check `async def enqueue_job(redis, stream, fields, capacity)`.

    `redis` is an asyncio client with decode_responses=True, `stream` a name, `fields` a dict of strings, `capacity` the
    number of entries, waiting and pending together, that the stream may hold.

    The task: add an entry with these fields and return its id, as XADD does. Or raise QueueFullError (from jobqueue; a
    bare message is enough), and add, remove and change nothing. A job is settled by XACK + XDEL, and then its place is
    free again.

    The checker tries this, each in all orders of commands:

    - the first job of all, on a stream that doesn't exist; five jobs for two places; one place left; no place left;
      a queue that already holds more than its capacity; nine jobs for ten places; 250 waiting jobs
    - places used again after jobs are settled, also when jobs were refused in between
    - two producers for one place, two for two, three for two, three for three; and a worker that settles meanwhile
    - with one place left and with none, a single fault anywhere: the producer crashes before a command; the reply to a
      command is lost; a command is refused because memory is full. 300 s later everything is settled, and the whole
      capacity must be usable (each call may take 120 s)
    - a producer that stands still for 30 s anywhere, next to another (worth a remark only, unless a key that it sets
      lives for less than 0.2 s)

    It's a failure to go over the capacity, to lose or trim a job, to refuse while there's room, and to answer anything
    else than what happened. A job that's added twice because a reply was lost is a remark.
    """
    alone, race, faulty = partial(worlds.alone, piece), partial(worlds.race, piece), partial(worlds.faulty, piece)
    for kind, title, scenario, runs in (
        ("first", "the first job of all", alone(2), None),
        ("flood", "five jobs, one after the other, for two places", alone(2, jobs="ABCDE"), None),
        ("settling", "places are used again after jobs are settled", worlds.settling(piece, 0), None),
        ("refusals", "the same, with jobs refused in between", worlds.settling(piece, 2), None),
        ("one place", "one place left", alone(3, 1, 1), None),
        ("full", "no place left: one job waits, two are being worked on", alone(3, 1, 2), None),
        ("lowered", "a queue that already holds two more than its capacity", alone(2, 2, 2), None),
        ("tenth", "nine jobs in the queue, and a tenth place", alone(10, 9), None),
        ("long", "250 waiting jobs, and no place left", alone(250, 250), None),
        ("long", "250 waiting jobs, and one place left", alone(251, 250), None),
        ("watched", "no place left, watched at every instant", alone(2, 1, 1, watched=True), None),
        ("race", "two producers, one place", race(2, 3, 1, 1), None),
        ("race", "two producers, two places", race(2, 3, 1, 0), None),
        ("worker", "a producer next to a worker that settles a job", worlds.with_a_worker(piece), None),
        ("fault", "one place left, and one fault", faulty(2, 1), None),
        ("fault", "no place left, and one fault", faulty(2, 2), None),
        ("race", "three producers, two places", race(3, 3, 0, 1), 100),
        ("race", "three producers, three places", race(3, 4, 0, 1), 80),
        ("fault", "two producers, one place, and one fault", faulty(2, 1, producers=2), 150),
        (
            "standstill",
            "two producers, one place, and one of them stands still for 30 s",
            worlds.standstill(piece),
            150,
        ),
    ):
        yield Case(title, scenario, partial(diagnose, kind), runs, steps=200)
