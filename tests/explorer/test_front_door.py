"""The package's own docstring: its example runs as it stands, and its reading order leaves nothing out."""

import ast
import inspect
import re
from pathlib import Path

import jobqueue.explorer

FOLDER = Path(jobqueue.explorer.__file__).parent


def front_door():
    return inspect.cleandoc(ast.get_docstring(ast.parse((FOLDER / "__init__.py").read_text(encoding="utf-8"))))


async def test_the_example_runs_and_finds_the_lost_update(capsys):
    (example,) = re.findall(r"(?:^    .*\n|^\n)+", front_door()[: front_door().index("Read it")], re.MULTILINE)[-1:]
    code = compile(inspect.cleandoc(example), "<the example>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await eval(code, {})
    printed = capsys.readouterr().out
    assert printed.startswith("violated")
    assert "an update was lost" in printed


def test_the_reading_order_names_each_file_and_folder_once():
    named = re.findall(r"^    ([\w.]+(?:\.py|/)) ", front_door(), re.MULTILINE)
    there = {path.name + "/" * path.is_dir() for path in FOLDER.iterdir()} - {"__init__.py", "__pycache__/"}
    assert sorted(named) == sorted(there)
