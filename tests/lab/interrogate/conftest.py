"""What the tests in this folder are given."""

import pytest

from interrogate_steps import POPPED


@pytest.fixture
def own(tmp_path):
    """Make an adapter of this source, for this Python."""

    def make(source, name="ask_toy.py"):
        (tmp_path / name).write_text(source, encoding="utf-8")
        return str(tmp_path / name)

    return make


@pytest.fixture(scope="module")
def popped(tmp_path_factory):
    """The smallest queue: it pops before it works."""
    path = tmp_path_factory.mktemp("own") / "ask_popped.py"
    path.write_text(POPPED, encoding="utf-8")
    return str(path)
