"""The tab's stand-in for pandas shows a table as pandas does, and refuses what it doesn't have."""

import importlib.util

import pandas
import pytest

from jobqueue.lab.tab.gather import HERE

ROWS = {"list + RPOP": {"gone_jobs": 1, "round_trips": 2.04}, "stream": {"gone_jobs": 0, "round_trips": 12.6}}


@pytest.fixture
def stand_in():
    spec = importlib.util.spec_from_file_location("stand_in", HERE / "shims/pandas.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(module):
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


def test_a_table_is_that_of_pandas(stand_in):
    assert answers(stand_in) == answers(pandas)


@pytest.mark.parametrize(
    "use",
    [
        lambda pandas: pandas.read_csv("a.csv"),
        lambda pandas: pandas.DataFrame([], columns=["a"]),
        lambda pandas: pandas.DataFrame([]).plot(),
    ],
)
def test_all_else_is_refused_as_if_pandas_were_not_there(stand_in, use):
    with pytest.raises(ModuleNotFoundError) as caught:
        use(stand_in)
    assert caught.value.name == "pandas"


def test_it_shows_itself_as_html(stand_in):
    html = stand_in.DataFrame([{"consumer": "<ada>"}])._repr_html_()
    assert html == "<table><tr><td></td><td>consumer</td></tr><tr><td>0</td><td>&lt;ada&gt;</td></tr></table>"
