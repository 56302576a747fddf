"""How a worker ends: it stops fetching, lets its jobs finish, hands the others back and leaves, each within a bound."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from jobqueue.handler import Fate
from jobqueue.keeper import Keeper
from jobqueue.printable import log

if TYPE_CHECKING:  # they import this module
    from jobqueue.runner import Runner
    from jobqueue.worker import Worker

#: Seconds that a drain, after its grace, gives to cancelled handlers, and again to everything else that it awaits.
PATIENCE_SECONDS = 5.0


@contextlib.asynccontextmanager
async def unblocking(worker: "Worker", drain: asyncio.Event) -> AsyncIterator[None]:
    """Fetch within this: once `drain` is set, a blocked fetch ends, and one that hangs is left."""
    try:
        async with asyncio.timeout(None) as limit:
            unblocker = asyncio.create_task(_unblock(worker, drain, limit))
            try:
                yield
            finally:
                unblocker.cancel()
    except TimeoutError:
        log.warning("left a fetch that Redis did not answer within %g s", PATIENCE_SECONDS)


async def _unblock(worker: "Worker", drain: asyncio.Event, limit: asyncio.Timeout) -> None:
    # F67: when we're told to stop, stop fetching at once; what runs gets its grace.
    await drain.wait()
    limit.reschedule(asyncio.get_running_loop().time() + PATIENCE_SECONDS)
    worker.runner.slot_freed.set()
    await worker.fetcher.unblock()


async def let_finish(runner: "Runner", hurry: asyncio.Event, seconds: float) -> None:
    """Let running jobs finish for `seconds`, unless we're in a hurry."""
    runner.give_up_at = time.monotonic() + seconds + 1
    await _wait_while(runner, lambda: runner.held and not hurry.is_set(), seconds)


async def end(worker: "Worker", keeper: Keeper, settler: "asyncio.Task[None]") -> None:
    """Hand back, stop and leave, even if we're cancelled meanwhile."""
    async with contextlib.AsyncExitStack() as steps:  # the last one first
        steps.push_async_callback(worker.redis.aclose, close_connection_pool=True)
        steps.push_async_callback(worker.fetcher.ear.aclose, close_connection_pool=True)
        steps.push_async_callback(_leave, worker)
        steps.push_async_callback(keeper.stop)
        steps.push_async_callback(_close, worker.runner, settler)
        steps.push_async_callback(_hand_back, worker.runner)


async def _hand_back(runner: "Runner") -> None:
    """Hand back the jobs that still run; returns when all are settled, or after PATIENCE_SECONDS.

    Nothing can stop a thread, so its job is handed back last, just before we leave.
    """
    runner.give_up_at = min(runner.give_up_at, time.monotonic() + 1)
    # F67: release the rest before we go, or each deploy costs a lease per job.
    for in_loop in (True, False):
        await _stop(runner, in_loop)
    if runner.held:
        log.error("left %d attempts to the reaper: Redis is away, or handlers ignore cancellation", len(runner.held))


async def _stop(runner: "Runner", in_loop: bool) -> None:
    for held in list(runner.held.values()):
        if held.in_loop == in_loop:
            runner.cancel(held, Fate.RELEASED)
    left = runner.held
    await _wait_while(runner, lambda: any(held.in_loop == in_loop for held in left.values()), PATIENCE_SECONDS)


async def _wait_while(runner: "Runner", unfinished: Callable[[], Any], seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while unfinished():
                runner.slot_freed.clear()
                await runner.slot_freed.wait()


async def _close(runner: "Runner", settler: "asyncio.Task[None]") -> None:
    """End the settler, once it has settled what has ended."""
    runner.closing = True
    runner.to_settle.set()
    await asyncio.wait([settler], timeout=PATIENCE_SECONDS)
    settler.cancel()


async def _leave(worker: "Worker") -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await worker.fetcher.hand_back_unseen()
            await worker.transitions.forget(worker.name)  # F11: Redis never forgets a name by itself
    except (RedisError, TimeoutError) as error:  # reapers will take what we hold, and delete our name
        log.warning("could not deregister from Redis, whose reapers take what is left: %s", error or "no answer")
