"""How often a gate opens and closes at its edge: the same jobs at queues that differ only in their capacity."""

from typing import TYPE_CHECKING, Any

from jobqueue.admission import Watermarks
from jobqueue.job import NewJob, new_job_id
from jobqueue.queue import Queue

if TYPE_CHECKING:
    import pandas

#: In each round three jobs are offered and two leave, so 1.5 times as many arrive as can be done.
OFFERED, DONE = 3, 2


async def turns(url: str, capacities: dict[str, int | Watermarks], rounds: int = 400) -> "pandas.DataFrame":
    """Offer the same load to one queue per capacity, on the server at `url`; a row each, by name.

    It uses neither a clock nor chance, so the result is always the same. `refusals_in_a_row` is how many jobs, on
    average, are refused from when the gate closes until it opens.
    """
    import pandas

    rows = {name: _row(await _answers(url, capacity, rounds)) for name, capacity in capacities.items()}
    return pandas.DataFrame.from_dict(rows, orient="index")


async def _answers(url: str, capacity: int | Watermarks, rounds: int) -> list[bool]:
    """Whether each job was accepted."""
    accepted: list[bool] = []
    async with Queue(url, f"gates-{new_job_id()}", capacity={"normal": capacity}) as queue:
        stream = queue.keys.stream("normal")
        for _ in range(rounds):
            accepted += [isinstance(answer, str) for answer in await queue.enqueue_many([NewJob("job")] * OFFERED)]
            left: Any = await queue.redis.xrange(stream, count=DONE)
            await queue.redis.xdel(stream, *[entry for entry, _ in left])
        await queue.redis.delete(*[key async for key in queue.redis.scan_iter(queue.keys.prefix + "*", count=1000)])
    return accepted


def _row(accepted: list[bool]) -> dict[str, float]:
    pairs = list(zip([True, *accepted], accepted, strict=False))
    closed, refused = pairs.count((True, False)), accepted.count(False)
    return {
        "accepted_jobs": accepted.count(True),
        "refused_jobs": refused,
        "closed_times": closed,
        "refusals_in_a_row": round(refused / max(1, closed), 1),
    }
