"""When jobs arrive."""

import itertools
import statistics

import pytest

from jobqueue import BadSetting
from jobqueue.lab.traffic.load import bursty, closed, poisson, recorded, steady


def gaps(arrivals, count):
    return list(itertools.islice(arrivals.gaps, count))


def test_a_steady_load_has_equal_gaps_and_begins_at_once():
    assert gaps(steady(5), 4) == [0, 1, 1, 1]


def test_a_poisson_load_has_the_gaps_of_its_seed_one_on_average_and_as_wide_as_that():
    seen = gaps(poisson(5, seed=1), 5000)
    assert seen == gaps(poisson(5, seed=1), 5000) != gaps(poisson(5, seed=2), 5000)
    assert 0.95 < statistics.mean(seen) < 1.05 and 0.95 < statistics.stdev(seen) < 1.05


def test_a_bursty_load_has_as_many_on_average():
    seen = gaps(bursty(5, 20), 60)
    assert seen == [0] * 20 + ([20] + [0] * 19) * 2


def test_a_recorded_load_comes_in_order_when_it_came():
    assert list(recorded([2, 0.5, 0.5]).gaps) == [0.5, 0, 1.5]
    assert list(recorded([]).gaps) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: steady(-1),
        lambda: steady("5"),
        lambda: poisson(float("nan")),
        lambda: poisson(1e6),
        lambda: bursty(5, 0),
        lambda: bursty(5, 2.5),
        lambda: recorded([1, -1]),
        lambda: recorded([float("inf")]),
        lambda: closed(1000),
        lambda: closed(1.5),
        lambda: closed(1, -1),
        lambda: closed(1, float("inf")),
    ],
)
def test_what_can_be_no_schedule_is_refused(make):
    with pytest.raises(BadSetting):
        make()
