"""Each piece on the tab's page starts with a bug that its checker names at once."""

import pytest

from jobqueue.lab import check
from jobqueue.lab.tab.gather import HERE

#: The piece's bug, and its failure in the catalogue.
BUGS = {
    "backoff": ("no-jitter", "F53"),
    "enqueue": ("check-then-add", "F43"),
    "orphans": ("counts-fresh", "F23"),
    "pick": ("strict-priority", "F48"),
    "process": ("ack-before-work", "F36"),
    "read": ("one-page", "F27"),
    "reaper": ("ack-then-requeue", "F20"),
    "settle_failure": ("ack-then-requeue", "F20"),
    "weights": ("ignores-weights", None),
}


def starter(name):
    """The function that a reader finds in the editor."""
    path = HERE / "starters" / f"{name}.py"
    names = {}
    exec(compile(path.read_text(encoding="utf-8"), f"{path}", "exec"), names)
    return names[getattr(check, name).piece]


@pytest.mark.parametrize("name", BUGS)
async def test_the_checker_names_the_bug_of_a_starter(name):
    verdict = await getattr(check, name)(starter(name)).judge()
    assert (verdict.ok, verdict.bug, verdict.failure) == (False, *BUGS[name]), f"{verdict}"


def test_each_checker_has_a_starter():
    assert BUGS.keys() == set(check.__all__[1:])
