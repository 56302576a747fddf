"""The commands that answer and end: enqueue, status, cancel, policy, lease, dead. Each returns its exit code."""

import asyncio
import json
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from redis.exceptions import ConnectionError, TimeoutError

from jobqueue.dead import DeadLetter
from jobqueue.errors import JobQueueError
from jobqueue.queue import Queue
from jobqueue.status import JobStatus


class Refused(Exception):
    """The command cannot be carried out as it was given; `args[0]` is the one line that says why."""


class NotFound(Refused):
    """It was carried out, and the answer is no."""


def without_password(url: str) -> str:
    """`url` as it may stand in a log."""
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", re.sub(r"(?<=://)([^:/@?]*):[^/?]*@", r"\1:***@", url))


def with_queue(arguments: Namespace, do: Callable[[Queue], Coroutine[Any, Any, int]], **options: Any) -> int:
    """Run `do` on the queue that `arguments` name, open."""

    async def opened() -> int:
        try:
            queue = Queue(arguments.url, arguments.queue, **options)
        except JobQueueError:
            raise
        except ValueError as error:  # redis-py's, for a url it cannot read
            raise Refused(f"--url {without_password(arguments.url)}: {error}") from None
        async with queue:
            return await do(queue)

    return asyncio.run(opened())


def enqueue(arguments: Namespace) -> int:
    try:
        payload = json.loads(sys.stdin.read() if arguments.payload == "-" else arguments.payload)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the payload is not JSON: {error}") from None

    async def do(queue: Queue) -> int:
        options = {"priority": arguments.priority, "job_id": arguments.id, "max_attempts": arguments.max_attempts}
        options |= {"timeout": arguments.timeout, "delay": arguments.delay, "wait": arguments.wait}
        print(await queue.enqueue(arguments.task, payload, **options))
        return 0

    return with_queue(arguments, do, capacity=arguments.capacity)


def status(arguments: Namespace) -> int:
    async def one(queue: Queue) -> int:
        _print_json(await _known(queue, arguments.job_id))
        return 0

    async def whole(queue: Queue) -> int:
        print(await _now(queue))
        return 0

    try:
        return with_queue(arguments, one if arguments.job_id is not None else _watch if arguments.watch else whole)
    except KeyboardInterrupt:
        if arguments.watch:  # that is how one stops watching
            return 0
        raise


async def _known(queue: Queue, job_id: str) -> JobStatus:
    found = await queue.job(job_id)
    if found is None:
        raise NotFound(f"no job {job_id or repr(job_id)} is known in the queue {queue.keys.name}")
    return found


async def _now(queue: Queue) -> str:
    now, lease, policy = await queue.snapshot(), await queue.lease(), await queue.policy()
    lines = [f"{'':8}{'waiting':>9}{'pending':>9}{'delayed':>9}{'oldest':>10}"]
    for tier, counts in now.tiers.items():
        oldest = f"{counts.oldest:.1f} s" if counts.oldest is not None else "–"
        lines.append(f"{tier:8}{counts.waiting:>9}{counts.pending:>9}{counts.delayed:>9}{oldest:>10}")
    totals = [f"{name} {getattr(now, name)}" for name in ("accepted", "done", "dead", "retried", "reaped")]
    lines.append(" · ".join([*totals, f"lease {lease:g} s", *([f"policy {policy}"] if policy else [])]))
    return "\n".join(lines)


async def _watch(queue: Queue) -> int:
    """Every second, in place on a terminal; an outage of Redis is shown, and watched until it is over."""
    from rich.live import Live
    from rich.text import Text

    async def show(put: Callable[[str], Any]) -> int:
        while True:
            try:
                put(await _now(queue))
            except (ConnectionError, TimeoutError) as error:
                put(f"no answer from Redis: {error}")
            await asyncio.sleep(1)

    if not sys.stdout.isatty():
        return await show(lambda text: print(text, flush=True))
    with Live(auto_refresh=False) as live:
        return await show(lambda text: live.update(Text(text), refresh=True))


def cancel(arguments: Namespace) -> int:
    async def do(queue: Queue) -> int:
        cancelled = await queue.cancel(arguments.job_id)
        state = (await _known(queue, arguments.job_id)).state
        if not cancelled and state != "cancelled":
            raise NotFound(f"the job {arguments.job_id} is {state}: only one that does not run can be cancelled")
        print("cancelled")
        return 0

    return with_queue(arguments, do)


def lease(arguments: Namespace) -> int:
    async def do(queue: Queue) -> int:
        if arguments.seconds is not None:
            await queue.set_lease(arguments.seconds)
        print(f"{await queue.lease():g} s")
        return 0

    return with_queue(arguments, do)


def policy(arguments: Namespace) -> int:
    async def do(queue: Queue) -> int:
        if arguments.name is not None or arguments.clear:
            await queue.set_policy(arguments.name)
        if arguments.name and arguments.name.partition(":")[0] not in ("strict", "aging", "weighted"):
            told = "is none of strict, aging:SECONDS, weighted:HIGH/NORMAL/LOW: a worker that was not given it as one"
            print(f"{arguments.name} {told} of its policies logs so, and follows its own", file=sys.stderr)
        print(await queue.policy() or "none: each worker follows its own")
        return 0

    return with_queue(arguments, do)


def dead_list(arguments: Namespace) -> int:
    if arguments.limit < 1:
        raise Refused(f"--limit must be at least 1, not {arguments.limit}")

    async def do(queue: Queue) -> int:
        letters = await queue.dead.list(arguments.limit, arguments.after)
        if arguments.json:
            _print_json(letters)
            return 0
        rows = [("letter", "job", "tier", "task", "reason", "replays", "error"), *map(_row, letters)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            print("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        if len(letters) == arguments.limit:
            print(f"there may be more: --after {letters[-1].letter}", file=sys.stderr)
        return 0

    return with_queue(arguments, do)


def _row(letter: DeadLetter) -> tuple[str, ...]:
    told = (letter.job_id or "–", letter.tier, letter.task or "–", letter.reason, letter.replays, letter.error[:80])
    return (letter.letter, *(_printable(str(cell)) for cell in told))


def dead_show(arguments: Namespace) -> int:
    async def do(queue: Queue) -> int:
        letter = await queue.dead.show(arguments.letter)
        if letter is None:
            raise NotFound(f"there is no dead letter {arguments.letter} in the queue {arguments.queue}")
        _print_json(letter) if arguments.json else print("\n".join(_described(letter)))
        return 0

    return with_queue(arguments, do)


def _described(letter: DeadLetter) -> Iterator[str]:
    for name in ("letter", "job_id", "tier", "task", "reason", "error", "died_at", "worker", "replays"):
        value = getattr(letter, name)
        yield f"{name:9}{'–' if value is None else _printable(str(value))}"
    yield f"payload  {_printable(msgspec.json.encode(letter.payload).decode())}"
    for one in letter.history:
        ended = datetime.fromtimestamp(one.ended_ms / 1000, UTC)
        yield f"attempt {one.attempt} {one.outcome} at {ended:%H:%M:%S} UTC by {one.worker}: {_printable(one.error)}"
    if letter.task is None:  # what was no job of ours, as it was
        pairs = zip(letter.raw[::2], letter.raw[1::2], strict=False)
        yield from (f"field {name!r}: {value!r}" for name, value in pairs)
    yield from map(_printable, letter.traceback.splitlines())


def dead_end(arguments: Namespace) -> int:
    """Replay or discard, as `arguments.verb` says."""
    letters, verb = arguments.letters, arguments.verb
    if bool(letters) == arguments.all:
        raise Refused("name the letters, or say --all")

    async def do(queue: Queue) -> int:
        all_of_them = getattr(queue.dead, f"{verb}_all")
        count = await (all_of_them() if arguments.all else getattr(queue.dead, verb)(*letters))
        print(f"{verb}ed {count}")
        if count < len(set(letters)):
            why = "they are gone, or were no jobs" if verb == "replay" else "they are gone"
            raise NotFound(f"{len(set(letters)) - count} of {len(set(letters))} letters were not {verb}ed: {why}")
        return 0

    return with_queue(arguments, do)


def _print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value)).decode())


def _printable(text: str) -> str:
    """One line, whatever is in it: an error's text must not be able to move the terminal's cursor."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
