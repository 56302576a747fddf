"""How a worker ends: it stops fetching, lets its jobs finish, hands the others back and leaves, each within a bound."""

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from jobqueue.handler import Fate
from jobqueue.keeper import Keeper
from jobqueue.printable import log

if TYPE_CHECKING:  # they import this module
    from jobqueue.runner import Runner
    from jobqueue.worker import Worker

#: Seconds that a drain, after its grace, gives to cancelled handlers, and again to everything else that it awaits.
PATIENCE_SECONDS = 5.0


async def let_finish(worker: "Worker") -> None:
    """Let running jobs finish for the worker's grace, unless it's in a hurry."""
    runner = worker.runner
    runner.give_up_at = time.monotonic() + worker.grace + 1
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(worker.grace):
            while runner.held and not worker.hurrying.is_set():
                runner.slot_freed.clear()
                await runner.slot_freed.wait()


async def end(worker: "Worker", keeper: Keeper, settler: "asyncio.Task[None]") -> None:
    """Hand back, stop and leave, even if we're cancelled meanwhile."""
    async with contextlib.AsyncExitStack() as steps:  # the last one first
        steps.callback(worker.be_as_new)
        steps.push_async_callback(worker.redis.aclose, close_connection_pool=True)
        steps.push_async_callback(worker.fetcher.ear.aclose, close_connection_pool=True)
        steps.push_async_callback(_leave, worker)
        steps.push_async_callback(keeper.stop)
        steps.push_async_callback(_hand_back, worker.runner, settler)


async def _hand_back(runner: "Runner", settler: "asyncio.Task[None]") -> None:
    """Cancel the jobs that still run, and let the settler settle them, and end. Waits PATIENCE_SECONDS for each step.

    Nothing can stop a thread, so its job is handed back last, just before we leave.
    """
    runner.give_up_at = min(runner.give_up_at, time.monotonic() + 1)
    # F67: release the rest before we go, or each deploy costs a lease per job.
    for in_loop in (True, False):
        for held in (stopped := [held for held in runner.held.values() if held.in_loop == in_loop]):
            runner.cancel(held, Fate.RELEASED)
        if stopped:
            await asyncio.wait([held.task for held in stopped if held.task], timeout=PATIENCE_SECONDS)
    runner.closing = True
    runner.to_settle.set()
    await asyncio.wait([settler], timeout=PATIENCE_SECONDS)
    settler.cancel()
    if runner.held:
        log.error("left %d attempts to the reaper: Redis is away, or handlers ignore cancellation", len(runner.held))


async def _leave(worker: "Worker") -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await worker.fetcher.hand_back_unseen()
            await worker.transitions.forget(worker.name)  # F11: Redis never forgets a name by itself
    except (RedisError, TimeoutError) as error:  # reapers will take what we hold, and delete our name
        log.warning("could not deregister from Redis, whose reapers take what is left: %s", error or "no answer")
