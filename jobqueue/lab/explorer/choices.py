"""What can happen next in a world: whose step, which fault, how much time."""

import math

from jobqueue.lab.explorer.record import Choice


def choices(world, last: str | None = None) -> list[Choice]:
    """Everything that may happen now, in a fixed order; first, the lane that moved `last` goes on. Empty: the end."""
    if world.broken or not any(process.alive and not process.program.daemon for process in world.active):
        return []
    lanes = sorted(world.pending, key=lambda lane: (lane != last, world.order.get(lane.partition("/")[0], 0), lane))
    if not lanes:
        due = next_due(world)
        return [] if due is None else [Choice("wait", None, math.ceil(due - world.loop.now))]
    found = [Choice("step", lane) for lane in lanes]
    if world.left and world.scenario.faults.total != len(world.used):
        found += _faults(world, lanes)
    return found


def _faults(world, lanes: list[str]) -> list[Choice]:
    """The faults that are left, wherever they can make a difference."""
    found = []
    if "crash" in world.left:
        programs = dict.fromkeys(world.pending[lane].program.name for lane in lanes)
        found += [Choice("crash", name) for name in programs]
    for lane in lanes:
        flags = world.server.flags_of(world.pending[lane].steps[0])  # none: it is no command, but an effect
        if "lose_reply" in world.left and flags:
            found.append(Choice("lose_reply", lane))
        if "send_again" in world.left and flags and not flags & {b"readonly", b"blocking"}:
            found.append(Choice("send_again", lane))
        if "refuse_memory" in world.left and flags & {b"denyoom", b"noscript"}:
            found.append(Choice("refuse_memory", lane))
    if "pass_time" in world.left:
        due = next_due(world)
        spans = {world.scenario.lease, *([] if due is None else [math.ceil(due - world.loop.now)])}
        found += [Choice("pass_time", None, span) for span in sorted(spans)]
    return found


def next_due(world) -> float | None:
    """When the next timer fires, or the next blocking read gives up."""
    times = [request.parked_until for request in world.parked if request.parked_until != math.inf]
    if (timer := world.loop.next_timer()) is not None:
        times.append(timer)
    return min(times, default=None)
