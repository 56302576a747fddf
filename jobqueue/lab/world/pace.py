"""How fast experiments run: at a learner's pace, or faster under test."""

import os

#: Under test, experiments run at this many times the learner's pace: JOBQUEUE_HASTE=4.
HASTE = float(os.environ.get("JOBQUEUE_HASTE", "1"))


def pace(seconds: float) -> float:
    """Return `seconds` of a learner's time in seconds of this run."""
    return seconds / HASTE
