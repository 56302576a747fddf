"""The command `jobqueue status`: the queue as it is now, for people, for scripts, and for a supervisor."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import msgspec
from redis.exceptions import ConnectionError, TimeoutError

from jobqueue.cli.commands import get_known, print_json, with_queue
from jobqueue.front.workers import count_workers
from jobqueue.printable import printable
from jobqueue.queue import Queue


def status(arguments: Namespace) -> int:
    async def one(queue: Queue) -> int:
        print_json(await get_known(queue, arguments.job_id))
        return 0

    async def check(queue: Queue) -> int:
        faults = await find_faults(queue, arguments.check)
        print(f"unhealthy: {'; '.join(faults)}" if faults else "healthy")
        return 1 if faults else 0

    async def whole(queue: Queue) -> int:
        print_json(await _gather(queue)) if arguments.json else print(await _describe(queue))
        return 0

    shown = check if arguments.check is not None else _watch if arguments.watch else whole
    try:
        return with_queue(arguments, one if arguments.job_id is not None else shown)
    except KeyboardInterrupt:
        if arguments.watch:  # the usual way to stop watching
            return 0
        raise


async def find_faults(queue: Queue, longest_wait: float) -> list[str]:
    """Why a queue is unhealthy: no worker lives, or a job has waited for more than `longest_wait` seconds."""
    now, faults = await queue.snapshot(), []
    if await count_workers(queue) == 0:
        faults.append("no worker has been heard of within a lease")
    for tier, counts in now.tiers.items():
        if counts.oldest is not None and counts.oldest > longest_wait:
            faults.append(f"a {tier} job has waited for {counts.oldest:.1f} s, more than {longest_wait:g} s")
    return faults


async def _gather(queue: Queue) -> dict[str, Any]:
    own = {"queue": queue.keys.name, "lease": await queue.lease(), "policy": await queue.policy()}
    return own | {"workers": await count_workers(queue)} | msgspec.structs.asdict(await queue.snapshot())


async def _describe(queue: Queue) -> str:
    now, lease, policy = await queue.snapshot(), await queue.lease(), await queue.policy()
    lines = [f"{'':8}{'waiting':>9}{'pending':>9}{'delayed':>9}{'oldest':>10}"]
    for tier, counts in now.tiers.items():
        oldest = f"{counts.oldest:.1f} s" if counts.oldest is not None else "–"
        lines.append(f"{tier:8}{counts.waiting:>9}{counts.pending:>9}{counts.delayed:>9}{oldest:>10}")
    totals = [f"{name} {getattr(now, name)}" for name in ("accepted", "done", "dead", "retried", "reaped")]
    lines.append(" · ".join([*totals, f"lease {lease:g} s", *([f"policy {printable(policy)}"] if policy else [])]))
    return "\n".join(lines)


async def _watch(queue: Queue) -> int:
    """Show the queue every second, on a terminal always in the same place. If Redis is away, say so until it's back."""
    from rich.live import Live
    from rich.text import Text

    async def show(put: Callable[[str], Any]) -> int:
        while True:
            try:
                put(await _describe(queue))
            except (ConnectionError, TimeoutError) as error:
                put(printable(f"no answer from Redis: {error}"))
            await asyncio.sleep(1)

    if not sys.stdout.isatty():
        return await show(lambda text: print(text, flush=True))
    with Live(auto_refresh=False) as live:
        return await show(lambda text: live.update(Text(text), refresh=True))
