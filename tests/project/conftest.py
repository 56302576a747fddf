"""A folder to run commands in."""

import json

import pytest
from surroundings import HANDLERS


@pytest.fixture
def folder(tmp_path):
    """A folder with handlers and one learner's votes in it."""
    (tmp_path / "mine.py").write_text(HANDLERS, encoding="utf-8")
    asked = {"question": "?", "options": {"A": "a", "B": "b"}, "answers": [{"chose": "A", "at": "2026-01-01"}]}
    asked |= {"right": "A", "revealed": "2026-01-02"}
    (tmp_path / "votes.json").write_text(json.dumps({"votes": {"one": asked}}), encoding="utf-8")
    return tmp_path
