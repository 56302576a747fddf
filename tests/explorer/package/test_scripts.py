"""Every transition script, beside every other it may meet: in every order, and with up to two faults."""

import pytest
from scenarios import CASES

from jobqueue.scripts import SCRIPTS

READ_ONLY = {"heads", "leases", "snapshot", "status"}  # every scenario looks, with all of them


# F20, F29, F41, F44, F45, F55, F56, F58
@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", CASES)
def test_in_every_order_and_with_every_fault(run, name):
    report = run(CASES[name].scenario(name, everyday=True))
    assert report.verdict == "holds", str(report)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.heavy])
def test_the_heavy_ones_with_all_their_faults(run, name):
    report = run(CASES[name].scenario(name))
    assert report.verdict == "holds", str(report)


def test_every_transition_is_in_some_scenario():
    assert {script for case in CASES.values() for script in case.about} - READ_ONLY == set(SCRIPTS) - READ_ONLY
