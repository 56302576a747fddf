"""How a chart is shown in a notebook, and saved for a slide; and its words."""

import json
import struct

import numpy as np
import pytest

from jobqueue.lab import charts
from jobqueue.lab.charts.chart import wrapped
from jobqueue.lab.charts.words import listed, measured, seconds
from tables import attempt, killed, pel, recorded


def test_a_chart_displays_itself_as_data_and_as_words(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append((bundle, raw)))
    figure = charts.executions(killed())
    figure._ipython_display_()
    [(bundle, raw)] = shown
    assert raw and bundle["text/plain"] == figure.finding
    assert bundle.keys() == {"application/vnd.plotly.v1+json", "text/plain"}, "no script, nothing from another machine"
    [config] = [bundle["application/vnd.plotly.v1+json"]["config"]]
    camera = config["toImageButtonOptions"]
    assert camera == {
        "format": "png",
        "scale": 2,
        "filename": "1-job-ran-more-than-once-1-of-4-executions-was-wasted-1-0-s",
    }
    assert len(json.dumps(bundle)) < 15_000, "a notebook can keep many"
    assert "http" not in json.dumps(bundle)


def test_a_long_recording_makes_no_large_figure():
    rng = np.random.default_rng(1)
    runs = [
        attempt(f"{i:032x}", worker="abcd"[i % 4], started=t, ended=t + 0.2)
        for i, t in enumerate(rng.uniform(0, 200, 3000))
    ]
    assert len(charts.executions(recorded(attempts=runs)).to_json()) < 600_000
    rows = [row for name in "abcdefghijkl" for row in pel(name, list(rng.integers(0, 9, 2000)), every=0.1)]
    assert len(charts.pel_by_consumer(recorded(pel=rows)).to_json()) < 600_000


def test_text_has_the_ink_of_the_page_around_it():
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 0])))
    assert "var(--jp-ui-font-color0" in figure.layout.title.text
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_a_title_takes_the_fewest_lines_and_makes_them_alike():
    text = "dan's 8 jobs stayed pending for 12.1 s after kill -9, and nobody knew"
    assert [line.replace("\N{NO-BREAK SPACE}", " ") for line in wrapped(text, 64)] == [
        "dan's 8 jobs stayed pending for",
        "12.1 s after kill -9, and nobody knew",
    ]
    assert wrapped("short", 64) == ["short"]


@pytest.mark.slow
async def test_a_png_for_a_slide(tmp_path):
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 8, 0])))
    try:
        path = await charts.save_png(figure, tmp_path / "slide.png", width=700)
    except charts.NoPicture as error:
        pytest.skip(str(error))
    head = path.read_bytes()[:24]
    assert head[1:4] == b"PNG"
    assert struct.unpack(">II", head[16:]) == (1400, 840)
    assert [file.name for file in tmp_path.iterdir()] == ["slide.png"]


async def test_without_a_browser_there_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("jobqueue.lab.charts.png.BROWSERS", ("chromium", "google-chrome"))
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 8, 0])))
    with pytest.raises(charts.NoPicture, match="press the camera above the figure"):
        await charts.save_png(figure, tmp_path / "slide.png")


async def test_a_browser_that_draws_nothing_is_quoted(tmp_path, monkeypatch):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no display for me >&2\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr("jobqueue.lab.charts.png.BROWSERS", (str(broken),))
    figure = charts.pel_by_consumer(recorded(pel=pel("ada", [1, 8, 0])))
    with pytest.raises(charts.NoPicture, match="no display for me"):
        await charts.save_png(figure, tmp_path / "slide.png")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 s"),
        (0.0004, "1 ms"),
        (0.0432, "43 ms"),
        (0.4, "0.4 s"),
        (12.12, "12.1 s"),
        (34.2, "34 s"),
        (1234, "1,234 s"),
    ],
)
def test_seconds_in_words(value, said):
    assert seconds(value) == measured(value, "s") == said


def test_names_in_words():
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"])] == [
        "a",
        "a and b",
        "a, b and c",
        "4 workers",
    ]
