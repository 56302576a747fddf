"""The fate of all jobs of a recording, in eight numbers. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from jobqueue.lab.recording.frame import NOTHING, Event, WorldFrame


def summary(frames: Sequence[WorldFrame], events: Iterable[Event]) -> dict[str, int]:
    """Count jobs accepted, done, run twice, dead, refused and lost; and attempts reaped and retried.

    A job was run twice if it began again although no attempt had failed. That's the price of at-least-once; a retry
    isn't part of it. A job is lost if it was accepted and is nowhere, as when a server loses its data.
    """
    last, total = frames[-1] if frames else NOTHING, _total(frames)
    again: Counter[str] = Counter()
    for event in events:
        again[event.job] += {"fetched": 1, "retried": -1, "replayed": -1}.get(event.event, 0)
    came = total["accepted"] + total["foreign"]
    ended = total["done"] + total["cancelled"] + total["discarded"]
    here = sum(last.places.values()) - last.done
    return {
        "accepted": total["accepted"],
        "done": total["done"],
        "run_twice": sum(times > 1 for times in again.values()),
        "dead": last.dead,
        "refused": last.refused,
        "lost": max(0, came - ended - here),
        "reaped": total["reaped"],
        "retried": total["retried"],
    }


def _total(frames: Iterable[WorldFrame]) -> Counter[str]:
    """The server's counts since the beginning, even if it lost its data in between."""
    total: Counter[str] = Counter()
    before = _server_counts(NOTHING)
    for frame in frames:
        now = _server_counts(frame)
        wiped = any(now[name] < before[name] for name in now)
        total.update({name: n - (0 if wiped else before[name]) for name, n in now.items()})
        before = now
    return total


def _server_counts(frame: WorldFrame) -> dict[str, int]:
    """The counts that Redis keeps. Refusals are counted in this process."""
    return {name: n for name, n in frame.counts.items() if name != "refused"}
