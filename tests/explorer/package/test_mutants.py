"""The explorer notices when a Lua script is damaged: a sample every day, every mutant with -m long."""

import random

import pytest
from mutants import BROKEN, SOURCES, SURVIVED, equivalent, judge, judge_all, mutants, table

EVERY = {script: mutants(script) for script in SOURCES}


def noticeable(script):
    return [mutant for mutant in EVERY[script] if mutant.name not in equivalent().get(script, {})]


def test_every_mutant_that_is_listed_exists():
    for script, listed in equivalent().items():
        names = {mutant.name for mutant in EVERY[script]}
        assert set(listed) <= names, "the script has changed: is what is listed still true?"
        assert all(listed.values()), "a reason, please"


@pytest.mark.sampled(4)
@pytest.mark.parametrize("script", SOURCES)
def test_a_damaged_script_is_noticed(server, script):
    (mutant,) = random.Random(script).sample([one for one in noticeable(script) if one.name.startswith("remove")], 1)
    assert judge(mutant, server) not in (SURVIVED, BROKEN), mutant.name


def test_a_mutant_leaves_no_trace(server):
    from jobqueue.scripts import SCRIPTS

    before = {name: script.text for name, script in SCRIPTS.items()}
    judge(EVERY["heartbeat"][0], server)
    assert {name: script.text for name, script in SCRIPTS.items()} == before


@pytest.mark.long
def test_nine_mutants_of_ten_are_noticed_and_those_listed_can_not_be():
    fates = judge_all([mutant for some in EVERY.values() for mutant in some])
    print("\n" + table(fates))
    noticed_after_all = [mutant.name for script in equivalent() for mutant in EVERY[script]
                         if mutant.name in equivalent()[script] and fates[mutant] != SURVIVED]  # fmt: skip
    assert not noticed_after_all, "listed as if nothing could notice them"
    tried = [fates[mutant] for script in SOURCES for mutant in noticeable(script) if fates[mutant] != BROKEN]
    assert tried.count(SURVIVED) <= len(tried) / 10
