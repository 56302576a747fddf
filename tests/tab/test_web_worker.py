"""A Web Worker as a worker's process, seen from the lesson: what passes, and what doesn't when it's frozen or dead."""

import asyncio
import json

import pytest

from jobqueue.lab.tab import web_crew
from jobqueue.lab.tab.web_crew import WebProcess


class Port:
    """Notes what the Web Worker hears."""

    def __init__(self, hear):
        self.hear, self.heard, self.ended = hear, [], False

    def post(self, *message):
        self.heard.append(message)

    def end(self):
        self.ended = True


class Link:
    """A connection to a Redis that echoes."""

    def __init__(self):
        self.replies = asyncio.Queue()

    def send(self, data):
        self.replies.put_nowait(data)

    async def receive(self):
        if data := await self.replies.get():
            return data
        raise ConnectionError

    def close(self):
        self.replies.put_nowait(b"")


@pytest.fixture
async def process(tmp_path):
    """A Web Worker that has opened connection 0, and heard nothing yet."""
    web_crew.install(Link, Port)
    process = WebProcess(tmp_path / "log")
    process.port.hear("open", 0, b"")
    yield process
    process.kill()


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_bytes_go_to_redis_and_back(process):
    process.port.hear("send", 0, b"PING")
    await until(lambda: process.port.heard == [("receive", 0, b"PING")])


async def test_a_connection_that_is_cut_is_closed_for_the_web_worker_too(process):
    process.proxy.cut()
    await until(lambda: process.port.heard == [("closed", 0, b"")])
    process.port.hear("send", 0, b"PING")
    process.port.hear("close", 0, b"")


async def test_while_it_is_frozen_nothing_passes_and_after_it_all_does_in_order(process, tmp_path):
    process.port.hear("send", 0, b"1")
    process.freeze()
    process.port.hear("send", 0, b"2")
    process.port.hear("log", 0, b"late\n")
    process.hear({"slow": 2})
    await until(lambda: process.held[-1][1] == ("receive", 0, b"1"))
    assert (process.port.heard, (tmp_path / "log").read_bytes()) == ([], b"")
    process.thaw()
    await until(lambda: ("receive", 0, b"2") in process.port.heard)
    assert [kind for kind, *_ in process.port.heard] == ["order", "receive", "receive"]
    assert (tmp_path / "log").read_bytes() == b"late\n"


async def test_a_killed_one_is_ended_and_whatever_it_had_sent_is_dropped(process, tmp_path):
    process.freeze()
    process.kill()
    assert (process.port.ended, process.returncode) == (True, -9)
    process.port.hear("log", 0, b"after\n")
    process.port.hear("end", 0, b"")
    process.thaw()
    assert (process.returncode, (tmp_path / "log").read_bytes()) == (-9, b"")


async def test_one_that_cannot_start_says_why(process, tmp_path):
    process.port.hear("failed", 0, b"out of memory")
    assert process.returncode == 1
    assert json.loads((tmp_path / "log").read_text(encoding="utf-8"))["traceback"] == "out of memory"
