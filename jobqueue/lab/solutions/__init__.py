"""A working piece for each exercise, one file per checker. Write your own before you look, of course.

`mini` is a whole queue: all of its pieces in one file.
"""

from jobqueue.lab.solutions import mini
from jobqueue.lab.solutions.backoff import backoff
from jobqueue.lab.solutions.enqueue import enqueue_job
from jobqueue.lab.solutions.orphans import find_orphans
from jobqueue.lab.solutions.pick import pick
from jobqueue.lab.solutions.process import process_one
from jobqueue.lab.solutions.read import read_after
from jobqueue.lab.solutions.reaper import reap_stale_jobs
from jobqueue.lab.solutions.settle_failure import settle_failure
from jobqueue.lab.solutions.weights import draw_tier

__all__ = [
    "backoff",
    "draw_tier",
    "enqueue_job",
    "find_orphans",
    "mini",
    "pick",
    "process_one",
    "read_after",
    "reap_stale_jobs",
    "settle_failure",
]
