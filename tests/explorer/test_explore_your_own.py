"""The page about exploring your own code keeps its word: each block runs, and ends as its first line says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "notebooks" / "explore-your-own.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n# (\S+): ([^\n]+)\n(.*?)```", PAGE, re.DOTALL)


def run(tmp_path, name, source, *command):
    (tmp_path / name).write_text(source, encoding="utf-8")
    command = [sys.executable, *command, name]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=tmp_path, timeout=120)
    return done.stdout + done.stderr


def test_every_block_of_code_is_one_of_these():
    assert len(BLOCKS) == PAGE.count("```python") >= 5


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("name", "ends", "source"), BLOCKS, ids=[name for name, *_ in BLOCKS])
def test_a_block_ends_as_it_says(tmp_path, name, ends, source):
    test = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:nbval") if name.startswith("test_") else ()
    words = run(tmp_path, name, source, *test)
    assert ends in words, words
    assert "INTERNALERROR" not in words


def test_a_failure_is_a_story(tmp_path):
    name, _, source = BLOCKS[0]
    words = run(tmp_path, name, source, "-m", "pytest", "-q", "-p", "no:nbval")
    assert "test_no_update_is_lost: violated" in words
    assert "both count" in words and "the counter says 1" in words
    assert words.index("GET n") < words.index("SET n 1")
