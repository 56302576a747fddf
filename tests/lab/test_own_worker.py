"""The worker of lesson 12, made of pieces that anyone may have written: under a kill and a failure it loses nothing."""

import asyncio
import random
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "check"))
from animals import ANIMALS, animal

from jobqueue.lab import my_queue, work_with
from jobqueue.lab.own.definitions import gather
from jobqueue.lab.own.file import NotWritten, Section, write
from jobqueue.lab.own.keep import checkers
from jobqueue.lab.world import World

FILE = Path("my_queue.py")
LEASE_MS = 1_000
JOBS = 20


def write_any_right_pieces(rng):
    """Into my_queue.py, as a learner might have kept them."""
    for piece, checker in checkers().items():
        right = [path for path in ANIMALS if path.match(f"{checker.name}/right_*")]
        for path in rng.sample(right, len(right)):
            own = gather(animal(path)[1])
            try:
                write(FILE, Section(piece, path.stem, f"{own.text}\n\n{piece} = {own.name}\n"))
                break
            except NotWritten:  # another piece has a constant of that name
                pass


def letters(mine, queue):
    """A program like that of the lesson: the first worker with letter 4 gets stuck, and letter 13 fails once."""

    async def write_letters(redis, name):
        async def write(fields):
            first, letter = fields["attempt"] == "1", fields["letter"]
            if first and letter == "4":
                await asyncio.Event().wait()
            if first and letter == "13":
                raise ConnectionError("no answer")
            await redis.sadd("written", letter)

        await work_with(mine, redis, queue, name, write, LEASE_MS)

    return write_letters


@pytest.mark.sampled(5)
@pytest.mark.parametrize("seed", range(5))
async def test_a_worker_of_any_right_pieces_loses_nothing(seed, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOBQUEUE_VOTES")
    write_any_right_pieces(random.Random(seed))
    mine = my_queue()
    assert capsys.readouterr().out.count("yours, from my_queue.py") == len(checkers())
    async with World() as world:
        redis, queue = world.client(), world.stream.removesuffix(":normal")
        for number in range(JOBS):
            tier = f"{queue}:{('high', 'normal', 'low')[number % 3]}"
            await mine.enqueue_job(redis, tier, {"letter": str(number), "attempt": "1"}, capacity=JOBS)
        program = letters(mine, queue)
        world.spawn(program, "ada")
        await world.until(lambda frame: any(row.idle > 0.5 for row in frame.ledger))
        world.kill("ada")
        for name in ("ben", "cleo"):
            world.spawn(program, name)
        await world.when(lambda: redis.scard("written"), JOBS)
