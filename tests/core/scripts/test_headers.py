"""Each call of a script gives what the script's header names, and nothing has to be in order."""

import pytest

from jobqueue.keys import TIERS, Keys
from jobqueue.scripts import SCRIPTS
from steps import content

#: A value for each name in a header, except for the keys, which are made of these.
VALUES = {name: name for script in SCRIPTS.values() for group in script.args for name in group} | {
    "tier": "low", "kind": "leaky", "name": "mail"
}  # fmt: skip
OWN = {"prefix", "job_prefix"}  # the queue knows them

REQUIRED = [
    (script, name, place)
    for script, bound in SCRIPTS.items()
    for place in (0, 1)  # names that come once, and those that repeat
    for name in sorted({*bound.args[place], *({"stream", "delayed"} & set(bound.keys[place]) and {"tier"})} - OWN)
]


@pytest.mark.parametrize("name", SCRIPTS)
def test_keys_and_arguments_are_in_the_order_of_the_header(name):
    script, keys = SCRIPTS[name], Keys("q")
    made = {**{tier: f"{{q}}:{tier}" for tier in TIERS}, "stream": "{q}:low", "delayed": "{q}:delayed:low"}
    made |= {"job": "{q}:job:id", "line": "{q}:bucket:leaky:mail"}
    bound = script.bind(keys.form, VALUES, [VALUES] * 2)
    names = [part[0] + part[1] * 2 for part in (script.keys, script.args)]
    assert bound == ([made.get(one, f"{{q}}:{one}") for one in names[0]], [VALUES[one] for one in names[1]])


@pytest.mark.parametrize(("script", "name", "place"), REQUIRED)
async def test_a_call_that_lacks_a_value_is_a_type_error(queue, script, name, place):
    lacking = {key: value for key, value in VALUES.items() if key != name}
    values, each = (VALUES, [lacking]) if place else (lacking, [VALUES])
    before = await content(queue)
    with pytest.raises(TypeError, match=rf"{script}\.lua: the call gives no value for '{name}'"):
        await queue.transitions.run(script, each, **values)
    assert await content(queue) == before


def test_every_script_says_by_its_first_line_whether_it_goes_on_when_memory_is_full():
    first_lines = {name: script.text.split("\n", 1)[0] for name, script in SCRIPTS.items()}
    for name in ("enqueue", "limit"):
        assert first_lines.pop(name) == "#!lua"
    assert all(line.startswith("#!lua flags=allow-oom") for line in first_lines.values())
