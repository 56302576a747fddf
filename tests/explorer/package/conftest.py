"""The package says little under the explorer, which would have it say each thing a thousand times; but only there."""

import logging

import pytest


@pytest.fixture(autouse=True)
def loud_again():
    logger = logging.getLogger("jobqueue")
    level = logger.level
    yield
    logger.setLevel(level)
