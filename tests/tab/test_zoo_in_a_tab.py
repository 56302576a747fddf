"""The checkers give the same verdicts on the Redis of a browser tab as on a real server: the zoo, animal by animal."""

import gc
import re
from contextlib import closing

import pytest
from tab_redis import Link

from check.animals import ANIMALS, animal, name
from jobqueue.lab.tab.session import TabServer, TabSession

#: The other pieces never meet Redis.
PATHS = [path for path in ANIMALS if path.parent.name not in ("backoff", "pick", "weights")]

#: One of so many is judged by `-m slow`, the others by `-m long`.
SAMPLED = 8

CASES = [
    pytest.param(path, id=name(path), marks=pytest.mark.long if at % SAMPLED else pytest.mark.slow)
    for at, path in enumerate(PATHS)
]


@pytest.fixture(scope="module")
def server(tab_server):
    with closing(TabServer(lambda: Link(tab_server))) as server:
        yield server
    gc.collect()  # the programs that a search gave up in the middle of a call


# Elsewhere they end with the explorer's own process. Here redis-py complains that their event loop is gone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize("path", CASES)
async def test_a_verdict_is_the_same_in_a_tab(path, server):
    checker, function, doc = animal(path)
    verdict = await checker(function).judge(TabSession(server, lambda progress: None))
    found = verdict.ok, verdict.bug, verdict.failure
    bug = re.search(r"^bug: (\S+)(?: \((F\d\d)\))?$", doc, re.M) if path.stem.startswith("wrong_") else None
    expected = (False, *bug.groups()) if bug else (True, None, None)
    assert found == expected, f"{verdict}"
