"""The commands of `jobqueue dead`: list, show, replay and discard. Each returns its exit code."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from jobqueue.cli.commands import NotFound, Refused, print_json, with_queue
from jobqueue.dead import DeadLetter
from jobqueue.printable import printable, printable_lines
from jobqueue.queue import Queue


def list_letters(arguments: Namespace) -> int:
    if arguments.limit < 1:
        raise Refused(f"--limit must be at least 1, not {arguments.limit}")

    async def do(queue: Queue) -> int:
        letters = await queue.dead.list(arguments.limit, arguments.after)
        if arguments.json:
            print_json(letters)
            return 0
        rows = [("letter", "job", "tier", "task", "reason", "replays", "error"), *map(_row, letters)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            print("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
        if len(letters) == arguments.limit:
            print(f"there may be more: --after {printable(letters[-1].letter)}", file=sys.stderr)
        return 0

    return with_queue(arguments, do)


def _row(letter: DeadLetter) -> tuple[str, ...]:
    cells = (letter.job_id or "–", letter.tier, letter.task or "–", letter.reason, letter.replays, letter.error[:80])
    return tuple(map(printable, (letter.letter, *cells)))


def show_letter(arguments: Namespace) -> int:
    async def do(queue: Queue) -> int:
        letter = await queue.dead.show(arguments.letter)
        if letter is None:
            raise NotFound(f"there is no dead letter {arguments.letter} in the queue {arguments.queue}")
        print_json(letter) if arguments.json else print("\n".join(_described(letter)))
        return 0

    return with_queue(arguments, do)


def _described(letter: DeadLetter) -> Iterator[str]:
    for name in ("letter", "job_id", "tier", "task", "reason", "error", "died_at", "worker", "replays"):
        value = getattr(letter, name)
        yield f"{name:9}{'–' if value is None else printable(value)}"
    yield f"payload  {printable(msgspec.json.encode(letter.payload).decode())}"
    for one in letter.history:
        when = f"{one.attempt} {one.outcome} at {_clock(one.ended_ms)}"
        yield printable(f"attempt {when} by {one.worker}: {one.error}")
    if letter.task is None:  # the entry wasn't a job, so show it as it was
        pairs = zip(letter.raw[::2], letter.raw[1::2], strict=False)
        yield from (f"field {name!r}: {value!r}" for name, value in pairs)
    if letter.traceback:
        yield printable_lines(letter.traceback, indent="  ").strip()  # only its head may begin a line


def _clock(ms: float) -> str:
    try:
        return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):  # another program wrote it
        return f"{ms} ms"


async def _discard_older(queue: Queue, age: float) -> int:
    """Discard the letters that died more than `age` seconds ago, by the server's clock; returns how many."""
    seconds, _ = await queue.redis.time()
    count, after = 0, None
    while page := await queue.dead.list(after=after):  # the oldest first
        old = [letter.letter for letter in page if letter.died_at.timestamp() < seconds - age]
        count += await queue.dead.discard(*old)
        if len(old) < len(page):
            break
        after = old[-1]
    return count


def end_letters(arguments: Namespace) -> int:
    """Replay or discard, as `arguments.verb` says."""
    letters, verb, age = arguments.letters, arguments.verb, getattr(arguments, "older_than", None)
    if sum(map(bool, (letters, arguments.all, age is not None))) != 1:
        raise Refused("name the letters, or say --all" + (" or --older-than" if verb == "discard" else ""))

    async def do(queue: Queue) -> int:
        all_of_them = getattr(queue.dead, f"{verb}_all")
        if age is not None:
            count = await _discard_older(queue, age)
        else:
            count = await (all_of_them() if arguments.all else getattr(queue.dead, verb)(*letters))
        print(f"{verb}ed {count}")
        if count < len(set(letters)):
            why = "they are gone, or were no jobs" if verb == "replay" else "they are gone"
            raise NotFound(f"{len(set(letters)) - count} of {len(set(letters))} letters were not {verb}ed: {why}")
        return 0

    return with_queue(arguments, do)
