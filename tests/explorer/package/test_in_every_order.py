"""Steps that commute are run in one order only. The package's scenarios and mutants are judged as in every order."""

import pytest
from mutants import SOURCES, judge_all, mutants
from scenarios import CASES

#: One of so many scenarios is tried every day.
EVERYDAY = 48

SAMPLED = [pytest.param(name, marks=[] if at % EVERYDAY == 3 else pytest.mark.long) for at, name in enumerate(CASES)]


def numbers(report):
    problems = [(problem.kind, problem.faults, problem.schedules) for problem in report.problems]
    return report.verdict, report.schedules, report.losing, report.states, problems


@pytest.mark.parametrize("name", SAMPLED)
def test_a_report_is_the_same_when_every_order_is_run(run, name):
    scenario = CASES[name].scenario(name, everyday=True)
    assert numbers(run(scenario)) == numbers(run(scenario, reduce=False))


@pytest.mark.long
@pytest.mark.parametrize("script", SOURCES)
def test_a_mutant_has_the_same_fate_when_every_order_is_run(script):
    some = mutants(script)
    assert judge_all(some) == judge_all(some, reduce=False)
