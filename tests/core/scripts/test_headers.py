"""Each call of a script agrees with the script's header."""

import pytest

from jobqueue.scripts import SCRIPTS
from steps import content

RIGHT = {
    "enqueue": (4 + 2 * 3, 2 * 7), "complete": (7 + 2 * 2, 2 + 2 * 4), "retry": (7, 6), "bury": (6, 7),
    "release": (6, 6), "reap": (5, 4), "promote": (4 + 3 * 2, 2 + 3), "heartbeat": (1 + 2, 1 + 2), "forget": (3, 2),
    "leases": (1 + 3, 0), "set_lease": (1 + 3, 1),
    "heads": (1 + 3, 0), "status": (1, 1), "snapshot": (2 + 3 * 2, 0), "replay": (4, 2 + 3), "discard": (4, 1 + 2),
    "cancel": (4, 3), "limit": (1, 2),
}  # fmt: skip
GROUPED = ("forget", "heads", "leases", "set_lease")  # of KEYS
ANY_NUMBER = {("heartbeat", 0), ("heartbeat", 1), ("promote", 1), ("replay", 1), ("discard", 1)} | {
    (name, 0) for name in GROUPED
}


def test_every_script_can_be_called_as_its_method_calls_it():
    assert RIGHT.keys() == SCRIPTS.keys()
    for name, (keys, args) in RIGHT.items():
        SCRIPTS[name].check(["k"] * keys, ["a"] * args)


@pytest.mark.parametrize(
    ("name", "keys", "args"),
    [
        (name, keys + more * (kind == 0), args + more * (kind == 1))
        for name, (keys, args) in RIGHT.items()
        for kind in (0, 1)
        for more in (-1, 1)
        if (name, kind) not in ANY_NUMBER and (keys, args)[kind] + more >= 0
    ],
)
async def test_a_call_that_differs_from_its_scripts_header_is_a_type_error(queue, name, keys, args):
    before = await content(queue)
    with pytest.raises(TypeError, match=rf"{name}\.lua: \d+ (KEYS|ARGV) given"):
        await queue.transitions.run(name, ["k"] * keys, ["a"] * args)
    assert await content(queue) == before


def test_every_script_says_by_its_first_line_whether_it_goes_on_when_memory_is_full():
    first_lines = {name: script.text.split("\n", 1)[0] for name, script in SCRIPTS.items()}
    for name in ("enqueue", "limit"):
        assert first_lines.pop(name) == "#!lua"
    assert all(line.startswith("#!lua flags=allow-oom") for line in first_lines.values())
