"""After-pictures of a recording: plotly figures whose titles say what is to be seen in them.

Each is a pure function of a `Recording`. `before_after` shows one of two recordings side by side, `save_png` makes a
slide of it. Only `bursts` is one of a table: of lab.bursts.
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
