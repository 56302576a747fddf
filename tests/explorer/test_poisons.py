"""Whatever a learner's function does, its checker names it, and nothing of it reaches the next check."""

import itertools
import os
import subprocess
import sys
import tempfile

import psutil
import pytest
from poisons import COMMANDS, DEEDS

from helpers import eventually
from jobqueue.lab import check
from jobqueue.lab.solutions.orphans import find_orphans

#: A doubt about the checker itself, or about everything: never the right words.
NO_VERDICT = ("checker-failed", "goes-silent")


def sends(command):
    async def sends(redis, stream):
        await redis.execute_command(*command.split())

    return sends


def piece(checker, deed):
    """A function for `checker` that does this and nothing else."""

    async def reaper(redis, stream, group, stale_after_ms=30_000):
        await deed(redis, stream)

    async def process(redis, stream, group, consumer, handle):
        await deed(redis, stream)

    async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
        await deed(redis, stream)

    async def orphans(redis, stream, group, idle_ms):
        return await deed(redis, stream)

    return locals()[checker]


CHECKERS = itertools.cycle(["reaper", "process", "settle_failure", "orphans"])
POISONS = [(next(CHECKERS), sends(command), command, bug) for command, bug in COMMANDS]
POISONS += [(next(CHECKERS), deed, deed.__name__, bug) for deed, bug in DEEDS]


@pytest.fixture(scope="module")
def family():
    """Every process that this one has started, or one of those."""
    return lambda: {process.pid for process in psutil.Process().children(recursive=True)}


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("checker", "deed", "words", "bug"), POISONS, ids=lambda value: value if type(value) is str else ""
)
async def test_a_poison_is_named_and_harms_no_later_check(family, checker, deed, words, bug):
    before = family()
    verdict = await getattr(check, checker)(piece(checker, deed)).judge()
    assert not verdict.ok and verdict.bug not in NO_VERDICT, f"{verdict}"
    assert bug in (None, verdict.bug), f"{verdict}"
    assert len(str(verdict)) < 4_000
    eventually(lambda: len(family() - before) <= 2 * 2)  # at most a new child and a new server, and their watchdogs
    assert (await check.orphans(find_orphans).judge()).ok


REMOVED = """
import asyncio, os, shutil
from jobqueue.lab import check
from jobqueue.lab.solutions.orphans import find_orphans

async def main():
    assert (await check.orphans(find_orphans).judge()).ok
    shutil.rmtree(os.environ["TMPDIR"])
    return 0 if (await check.orphans(find_orphans).judge()).ok else 1

raise SystemExit(asyncio.run(main()))
"""


def test_a_check_outlives_the_removal_of_all_temporary_files():
    with tempfile.TemporaryDirectory(prefix="o", ignore_cleanup_errors=True) as folder:
        environment = os.environ | {"TMPDIR": folder}
        ended = subprocess.run([sys.executable, "-c", REMOVED], capture_output=True, timeout=120, env=environment)
    assert ended.returncode == 0, ended.stderr


def exits(heads):
    raise SystemExit(3)


async def test_a_function_that_only_computes_may_not_end_its_program_either():
    verdict = await check.pick(exits).judge()
    assert verdict.bug == "ends-the-program" and "SystemExit: 3" in verdict.words


async def test_the_words_say_what_it_did_and_where():
    verdict = await check.reaper(piece("reaper", sends("CONFIG SET maxmemory 1"))).judge()
    assert verdict.words.startswith("Your function sends CONFIG SET, at line")


async def test_a_patch_that_breaks_the_checker_is_named():
    deed = next(deed for deed, _ in DEEDS if deed.__name__ == "patches_builtins")
    verdict = await check.reaper(piece("reaper", deed)).judge()
    assert "builtins.len" in verdict.words and "builtins.isinstance" in verdict.words
