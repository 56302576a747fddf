"""Steps that the tests in recorder/ share."""

from jobqueue.lab.recording.look import Recorded


def happened(recording, *wanted):
    return [event.event for event in recording if event.event in wanted or not wanted]


def told(ms, event, job="j", entry="1-0", worker="ada", tier="normal", now="1-0"):
    return Recorded(f"{ms}-0", event, job, entry, worker, tier, now)
