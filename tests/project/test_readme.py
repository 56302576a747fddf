"""Type what the README tells a newcomer to type, and hold its claims against the tree."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from jobqueue.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

NOTEBOOKS = ROOT / "notebooks"

import lines  # noqa: E402


def cells(path):
    return ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


def test_it_is_short():
    assert len(README.splitlines()) < 150


def test_its_course_and_the_map_are_that_of_the_lessons():
    """Every lesson is linked from both, with its name and the minutes that stand on its own card."""
    course = NOTEBOOKS / "00-start-here.ipynb"
    [course_map] = [cell for cell in cells(course) if cell.startswith("## The map")]
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        number, name, minutes = re.match(r"# (\d+) · ([^\n:]+).*?\*\*(\d+) minutes", cells(path)[0], re.DOTALL).groups()
        row = rf"\| {number} \| \[{name}[^\]]*\]\((notebooks/)?{path.name}\).*\| {minutes} \|"
        assert re.search(row, README), path.name
        if path != course:
            assert re.search(row, course_map), path.name


def test_its_program_runs_as_it_stands():
    [program] = [text for text in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "Sandbox" in text]
    head, body = program.split("async with Sandbox", 1)
    body = textwrap.indent("async with Sandbox" + body, "    ")
    program = f"import asyncio\n{head}\nasync def main():\n{body}\nasyncio.run(main())\n"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert "state='done'" in ended.stdout and "{'thumbnail': 7}" in ended.stdout


def test_what_it_points_to_exists():
    for path in re.findall(r"\]\(([^)#:]+)\)|`(tests/[\w/.]+)`", README):
        assert (ROOT / (path[0] or path[1])).exists(), path


def test_every_command_it_names_is_one(capsys):
    for command in set(re.findall(r"(?:^|&& |`)jobqueue (\w+)", README, re.MULTILINE)):
        try:
            main([command, "--help"])
        except SystemExit as ended:
            assert ended.code == 0, command


def test_the_queue_is_as_small_as_it_promises():
    [promised] = re.findall(r"at most ([\d,]+) lines of Python and ([\d,]+) of\s+Lua", README)
    most_python, most_lua = (int(number.replace(",", "")) for number in promised)
    counted = lines.queue()
    assert counted.pop("lua") <= most_lua
    assert sum(counted.values()) <= most_python
