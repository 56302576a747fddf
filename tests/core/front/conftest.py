"""The HTTP front, in this process and in one of its own."""

import pytest
from fronts import client_of, serving

from jobqueue import Worker


@pytest.fixture
async def client(queue):
    """The front of `queue` in this process."""
    async with client_of(queue) as client:
        yield client


@pytest.fixture
def front(redis_url):
    with serving(redis_url) as front:
        yield front


@pytest.fixture
async def letters(queue):
    """Five dead letters, of the jobs job-0 … job-4."""

    def fail(job):
        raise ValueError(f"no {job.payload}")

    for number in range(5):
        await queue.enqueue("fail", number, job_id=f"job-{number}", max_attempts=1)
    await Worker(queue, {"fail": fail}, concurrency=1).run_until_idle()
    return [letter.letter for letter in await queue.dead.list()]
