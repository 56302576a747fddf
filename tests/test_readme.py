"""What the README tells a newcomer to type, typed."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

from jobqueue.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_its_program_runs_as_it_stands():
    [program] = [text for text in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "Sandbox" in text]
    head, body = program.split("async with Sandbox", 1)
    body = textwrap.indent("async with Sandbox" + body, "    ")
    program = f"import asyncio\n{head}\nasync def main():\n{body}\nasyncio.run(main())\n"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert "state='done'" in ended.stdout and "{'thumbnail': 7}" in ended.stdout


def test_what_it_points_to_exists():
    root = Path(__file__).parents[1]
    for path in re.findall(r"\]\(([^)#:]+)\)|`(tests/[\w/.]+)`", README):
        assert (root / (path[0] or path[1])).exists(), path


def test_every_command_it_names_is_one(capsys):
    for command in set(re.findall(r"(?:^|&& |`)jobqueue (\w+)", README, re.MULTILINE)):
        try:
            main([command, "--help"])
        except SystemExit as ended:
            assert ended.code == 0, command
