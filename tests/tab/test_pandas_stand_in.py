"""The tab's stand-in for pandas shows a table as pandas does, and refuses what it doesn't have."""

import importlib.util
import math

import pandas
import pytest

from jobqueue.lab.tab.gather import HERE

ROWS = {"list + RPOP": {"gone_jobs": 1, "round_trips": 2.04}, "stream": {"gone_jobs": 0, "round_trips": 12.6}}

#: As a recording makes them: job, tier, when it began, its wait, its attempt. One was never begun.
ATTEMPTS = [
    ("a", "high", 1.0, 0.25, 1),
    ("b", "low", 6.5, 4.0, 1),
    ("c", "high", 7.0, 0.75, 2),
    ("d", "high", 8.0, 0.5, 1),
    ("e", "low", None, None, 1),
    ("f", "low", 9.0, 1.0, 1),
    ("g", "high", 9.5, 1.0 / 3, 1),
]
COLUMNS = ["job", "tier", "started_s", "wait_s", "attempt"]
KINDS = {"job": "object", "tier": "object", "started_s": "float64", "wait_s": "float64", "attempt": "int64"}

#: As lesson 12 has them.
FOUND = [
    {"reapers": 1, "faults": "no faults", "schedules": 1, "seconds": 0.0254},
    {"reapers": 2, "faults": "a crash", "schedules": 66, "seconds": 0.25},
]

SECOND = 1.5


@pytest.fixture
def stand_in():
    spec = importlib.util.spec_from_file_location("stand_in", HERE / "shims/pandas.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def attempts(module):
    return module.DataFrame(ATTEMPTS, columns=COLUMNS).astype(KINDS)


def by_rows(module):
    table = module.DataFrame.from_dict(ROWS, orient="index")
    trips = table["round_trips"]
    numbered = module.DataFrame([{"idle": 5}, {"idle": 1234}])
    return (
        table[["gone_jobs"]].to_string(),
        trips.to_dict(),
        trips.round().astype(int).to_dict(),
        trips.round(1).to_dict(),
        numbered.to_string(),
    )


def late_waits(module):
    second = SECOND
    late = attempts(module).query("started_s > 4 * @second and tier != 'normal'")
    waits = late.groupby("tier")["wait_s"].quantile(0.95).reindex(("high", "normal", "low")) / second
    on_paper = {"high": 0.7, "normal": 2.7, "low": 4.7}
    return (
        len(late),
        late["job"].tolist(),
        waits.round(6).tolist()[::2],
        list(waits.sort_values().index),
        math.isnan(waits.tolist()[1]),
        module.DataFrame({"on_paper_s": on_paper, "measured_p95_s": waits}).round(1).to_string(),
    )


def price(module):
    def of(part):
        high = attempts(module).query("tier == 'high' and started_s > 2 * @SECOND")
        return {"begun_per_s": len(high) / part, "p95_wait_s": high["wait_s"].quantile(0.95) / SECOND}

    costs = module.DataFrame({"strict": of(4), "yours": of(3)}).T.round(2)
    return costs.to_string(), len(attempts(module).query("tier == 'normal'"))


def schedules(module):
    table = module.DataFrame(FOUND)
    shown = table.assign(per_second=(table.schedules / table.seconds).round().astype(int)).round(3)
    return shown.to_string(), table.schedules.tolist(), set(table.faults)


def nothing(module):
    empty = module.DataFrame([], columns=COLUMNS).astype(KINDS)
    return len(empty), empty.query("started_s > 1")["wait_s"].tolist(), math.isnan(empty["wait_s"].quantile(0.95))


@pytest.mark.parametrize("answers", [by_rows, late_waits, price, schedules, nothing])
def test_a_table_is_that_of_pandas(answers, stand_in):
    assert answers(stand_in) == answers(pandas)


@pytest.mark.parametrize(
    "use",
    [
        lambda pandas: pandas.read_csv("a.csv"),
        lambda pandas: pandas.DataFrame([], index=["a"]),
        lambda pandas: pandas.DataFrame([]).plot(),
        lambda pandas: pandas.DataFrame([{"tier": "low"}]).tier == "low",
        lambda pandas: pandas.DataFrame([{"wait_s": 2}]).wait_s * 2,
    ],
)
def test_all_else_is_refused_as_if_pandas_were_not_there(stand_in, use):
    with pytest.raises(ModuleNotFoundError) as caught:
        use(stand_in)
    assert caught.value.name == "pandas"


def test_it_shows_itself_as_html(stand_in):
    html = stand_in.DataFrame([{"consumer": "<ada>"}])._repr_html_()
    assert html == "<table><tr><td></td><td>consumer</td></tr><tr><td>0</td><td>&lt;ada&gt;</td></tr></table>"
