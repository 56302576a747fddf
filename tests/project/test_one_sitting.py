"""The core can be read in one sitting: short files, short functions, and few files for one job's ordinary life."""

import ast
import asyncio
import contextlib
import sys
from pathlib import Path

import pytest

from helpers import eventually_async
from jobqueue import Queue, Worker

CORE = Path(__file__).parents[2] / "jobqueue"
FILES = sorted(CORE.glob("*.py"))

#: The files that ARCHITECTURE.md names for a job that is enqueued, fetched, run and completed.
ORDINARY = {"queue", "job", "keys", "scripts", "worker", "fetcher", "runner", "handler"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_at_most_200_lines_and_a_function_at_most_30(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert {node.name for node in functions if node.end_lineno - node.lineno >= 30} == set()


@contextlib.contextmanager
def entered():
    """Collect the core's files of which a function runs in this thread."""
    stems = set()

    def note(frame, event, _):
        if event == "call" and (path := Path(frame.f_code.co_filename)).parent == CORE:
            stems.add(path.stem)

    sys.setprofile(note)
    try:
        yield stems
    finally:
        sys.setprofile(None)


async def test_one_jobs_ordinary_life_crosses_eight_files(redis_url):
    ran = asyncio.Event()

    async def handler(job):
        ran.set()

    async with Queue(redis_url) as queue:
        worker = Worker(queue, {"task": handler})
        running = asyncio.create_task(worker.run())
        await queue.result(await queue.enqueue("task"), timeout=10)
        ran.clear()
        with entered() as stems:
            await queue.enqueue("task")
            await ran.wait()
            await eventually_async(lambda: not worker.running)
        worker.drain()
        await running
    assert stems == ORDINARY
