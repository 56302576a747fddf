"""Charts of a recording: plotly figures whose titles are findings.

Each is a pure function of a `Recording`. `before_after` shows the same chart of two recordings side by side, and
`save_png` makes a slide of a chart. Only `bursts` takes a table, from experiments/bursts.py.
"""

from jobqueue.lab.charts.admission import admission
from jobqueue.lab.charts.bursts import bursts
from jobqueue.lab.charts.compare import before_after
from jobqueue.lab.charts.executions import executions
from jobqueue.lab.charts.pel import pel_by_consumer
from jobqueue.lab.charts.png import NoPicture, save_png
from jobqueue.lab.charts.retries import retries
from jobqueue.lab.charts.starvation import starvation
from jobqueue.lab.charts.waits import waits

__all__ = [
    "NoPicture",
    "admission",
    "before_after",
    "bursts",
    "executions",
    "pel_by_consumer",
    "retries",
    "save_png",
    "starvation",
    "waits",
]
