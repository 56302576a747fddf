"""The page for the wall: each of its commands is one that a server takes as it stands, typed in a notebook."""

import re
from pathlib import Path

import pytest

from jobqueue.keys import GROUP, Keys
from jobqueue.lab.fleet.raw import raw_client

PAGE = (Path(__file__).parents[2] / "notebooks" / "evidence.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\| [^|]+\? \| `([^`]+)`", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "MONITOR"])  # it never ends
async def test_a_command_of_the_page_is_answered(queue, redis_url, command):
    stream = Keys("jobs").stream("normal")
    for _ in range(2):
        await queue.enqueue("task")
    async with raw_client(redis_url) as client:
        [[_, [[entry, _]]]] = await client.xreadgroup(GROUP, "anna", {stream: ">"}, count=1)
        means = {"s": stream, "g": GROUP, "c": "anna", "id": entry, "(last-delivered-id": f"({entry}"}
        found = await client.execute_command(*(means.get(word, word) for word in command.split()))
    waits = "IDLE" in command or "delayed" in command or "dead" in command
    assert found or (waits and found == [])


def test_the_page_has_its_commands():
    assert len(COMMANDS) == PAGE.count("? | `") == 16


async def test_the_line_of_the_page_is_python_that_runs(queue, redis_url):
    [line] = re.findall(r"`await world\.client\(\)\.(.+)`\.$", PAGE, re.MULTILINE)
    await queue.enqueue("task")
    async with raw_client(redis_url) as client:
        await client.xreadgroup(GROUP, "anna", {Keys("jobs").stream("normal"): ">"})
        [row] = await eval(f"client.{line}", {"client": client})
    assert (row["consumer"], row["times_delivered"]) == ("anna", 1)
