"""On a server whose memory is full, new jobs are refused and accepted jobs go on."""

import pytest

from jobqueue import ServerFull
from jobqueue.scripts import SETTLED
from steps import HOUR, completed, content, counts, silence, started, take


# F46
async def test_a_full_server_refuses_a_job_and_writes_nothing(queue, full):
    await queue.enqueue("task")
    await full()
    before = await content(queue)
    with pytest.raises(ServerFull):
        await queue.enqueue("task")
    assert await content(queue) == before


# F46
async def test_accepted_jobs_go_on_when_the_server_is_full(queue, transitions, full):
    jobs = [await started(queue) for _ in range(6)]
    await silence(queue, jobs[4])
    await full()
    assert await completed(transitions, [(jobs[0], b"1")], HOUR) == [SETTLED]
    assert await transitions.retry("me", jobs[1], 0, "it broke") == SETTLED
    assert await transitions.promote() == (1, -1, [])
    assert await transitions.bury("me", "normal", jobs[2].entry, jobs[2].id, "failed", "", "") == SETTLED
    assert await transitions.release("me", "normal", jobs[3].entry) == 1
    assert await transitions.reap("normal", jobs[4].entry, 1000) == 1
    assert await transitions.heartbeat("me", [jobs[5]]) == (30, [True])
    assert await counts(queue) == (3, 1, 0, 1, 1)
    assert len(await take(queue)) == 3
    assert await transitions.forget("nobody") == 0
