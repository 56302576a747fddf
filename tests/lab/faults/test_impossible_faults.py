"""A fault that makes no sense is refused in one line."""

import pytest

from jobqueue.errors import BadSetting


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda faults: faults.cut("bob"), "no worker named 'bob' is alive; alive: ada"),
        (lambda faults: faults.heal("bob"), "no worker named 'bob'"),
        (lambda faults: faults.partition(None), "no worker named None"),
        (lambda faults: faults.delay("ada", -1), "delay takes a number of seconds, at least 0 and at most 60, not -1"),
        (lambda faults: faults.delay("ada", "1"), "not '1'"),
        (lambda faults: faults.throttle("ada", 0), "throttle takes a number of bytes per second, at least 1, not 0"),
        (lambda faults: faults.throttle("ada", float("nan")), "not nan"),
        (lambda faults: faults.swallow("ada", "words"), "swallow either 'requests' or 'replies', not 'words'"),
        (lambda faults: faults.pause_redis(0), "pause takes a number of seconds, at least 0.01 and at most 600, not 0"),
        (lambda faults: faults.pause_redis(float("inf")), "not inf"),
    ],
)
async def test_it_is_refused_and_leaves_no_mark(world, act, words):
    world.hire()
    with pytest.raises(BadSetting, match=words):
        await act(world.faults)
    assert [mark.label for mark in world.recorder.marks] == ["ada hired"]
