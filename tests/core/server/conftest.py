"""Sandboxes that a test alone uses."""

import pytest

from jobqueue.sandbox import Sandbox


@pytest.fixture
def make_sandbox():
    """Makes sandboxes that this test alone uses."""
    made = []

    def make(**options):
        made.append(Sandbox(**options))
        made[-1].start()
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.stop()
