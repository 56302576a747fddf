"""KeyboardInterrupt and GeneratorExit in a handler are its job's failure; a real Ctrl-C ends the worker."""

import asyncio
import subprocess
import sys
import textwrap

from jobqueue import Queue
from steps import tickets
from workers import hire, plain_raiser, raiser


async def test_a_keyboard_interrupt_of_a_thread_is_its_jobs_failure(queue):
    job_id = await queue.enqueue("task", max_attempts=1)
    await hire(queue, plain_raiser(KeyboardInterrupt())).run_until_idle()
    assert (await queue.job(job_id)).error == "RuntimeError: the handler raised KeyboardInterrupt()"


async def test_a_generator_exit_of_a_handler_is_its_jobs_failure(queue):
    job_id = await queue.enqueue("task", max_attempts=1)
    await hire(queue, raiser(GeneratorExit("odd"))).run_until_idle()
    assert (await queue.job(job_id)).error == "GeneratorExit: odd"


INTERRUPTED = """
    import asyncio, signal, sys
    from jobqueue import Queue, Worker

    async def bad(job):
        {bad}

    async def good(job):
        await asyncio.sleep(0.2)
        return job.attempt

    async def main():
        async with Queue(sys.argv[1]) as queue:
            {before}
            await Worker(queue, {{"bad": bad, "good": good}}).run_until_idle()

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is started without
    asyncio.run(main())
"""


async def interrupted(queue, bad, before=""):
    ids = [await queue.enqueue("bad", max_attempts=1), *[await queue.enqueue("good") for _ in range(5)]]
    program = textwrap.dedent(INTERRUPTED.format(bad=bad, before=before))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, queue.url, stderr=subprocess.PIPE)
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    return process.returncode, [await queue.job(job_id) for job_id in ids], said.decode()


async def test_a_keyboard_interrupt_that_a_handler_raises_is_its_jobs_failure(queue):
    code, [bad, *good], said = await interrupted(queue, "raise KeyboardInterrupt")
    assert (code, said) == (0, "")
    assert (bad.state, bad.error) == ("dead", "KeyboardInterrupt: ")
    assert [(job.state, job.result) for job in good] == [("done", 1)] * 5


async def test_a_ctrl_c_that_strikes_in_a_handler_ends_the_worker_and_costs_no_attempt(queue):
    by_default = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    for bad, before in (
        ("signal.raise_signal(signal.SIGINT); await asyncio.sleep(9)", ""),
        ("raise KeyboardInterrupt", by_default),
    ):
        await queue.redis.flushall()
        async with Queue(queue.url) as again:
            code, jobs, said = await interrupted(again, bad, before)
        assert code != 0 and "KeyboardInterrupt" in said
        assert [job.state for job in jobs] == ["waiting"] * 6
        assert [(job.attempt, job.reaped) for job in await tickets(queue)] == [(1, False)] * 6
