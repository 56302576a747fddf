"""The choices in a schedule at this instant: which step, which fault, or how much time passes."""

import math
from typing import TYPE_CHECKING

from jobqueue.explorer.record import Choice

if TYPE_CHECKING:
    from jobqueue.explorer.engine.run import Run


def choices(run: "Run", last: str | None = None) -> list[Choice]:
    """All choices at this instant, in a fixed order: first, the lane that moved `last` goes on. Empty at the end."""
    if run.broken or not any(process.alive and not process.program.daemon for process in run.active):
        return []
    lanes = sorted(run.pending, key=lambda lane: (lane != last, run.pending[lane].program.number, lane))
    if not lanes:
        due = next_due(run)
        return [] if due is None else [Choice("wait", None, math.ceil(due - run.loop.now))]
    steps = [Choice("step", lane) for lane in lanes]
    if run.left and run.scenario.faults.total != len(run.used):
        return steps + _faults(run, lanes)
    return steps


def _faults(run: "Run", lanes: list[str]) -> list[Choice]:
    """The faults that may still strike, in each place where they make a difference."""
    faults = []
    if "crash" in run.left:
        programs = dict.fromkeys(run.pending[lane].program.name for lane in lanes)
        faults += [Choice("crash", name) for name in programs]
    for lane in lanes:
        flags = run.server.table.flags_of(run.pending[lane].steps[0])  # none: it is no command, but an effect
        if "lose_reply" in run.left and flags:
            faults.append(Choice("lose_reply", lane))
        if "send_again" in run.left and flags and not flags & {b"readonly", b"blocking"}:
            faults.append(Choice("send_again", lane))
        if "refuse_memory" in run.left and flags & {b"denyoom", b"noscript"}:
            faults.append(Choice("refuse_memory", lane))
    if "pass_time" in run.left:
        due = next_due(run)
        spans = {run.scenario.lease, *([] if due is None else [math.ceil(due - run.loop.now)])}
        faults += [Choice("pass_time", None, span) for span in sorted(spans)]
    return faults


def next_due(run: "Run") -> float | None:
    """The time at which the next timer fires or the next blocking read gives up."""
    times = [request.parked_until for request in run.parked if request.parked_until != math.inf]
    if (timer := run.loop.next_timer()) is not None and timer != math.inf:
        times.append(timer)
    return min(times, default=None)
