"""What became of all the jobs of a recording, in eight numbers. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from jobqueue.lab.journal import Event
from jobqueue.lab.live.frame import NOTHING, places

#: Counts that only grow: each job that comes in is somewhere, or has ended as one of these.
COMES_IN, ENDS_AS = ("accepted", "foreign"), ("done", "cancelled", "discarded")
COUNTS = (*COMES_IN, *ENDS_AS, "reaped", "retried")


def summary(frames: Sequence[dict], events: Iterable[Event]) -> dict[str, int]:
    """Jobs accepted, done, run twice, dead, refused, lost; attempts reaped, retried.

    Run twice is begun again although no attempt had failed: what at-least-once costs. A retry is no such thing.
    What a server took along that was emptied is lost: accepted, and now nowhere.
    """
    last, total = frames[-1] if frames else NOTHING, _counted(frames)
    again: Counter[str] = Counter()
    for event in events:
        again[event.job] += {"fetched": 1, "retried": -1, "replayed": -1}.get(event.event, 0)
    here = sum(places(last | {"done": 0}).values())
    return {
        "accepted": total["accepted"],
        "done": total["done"],
        "run_twice": sum(times > 1 for times in again.values()),
        "dead": last["dead"],
        "refused": last["refused"],
        "lost": max(0, sum(total[name] for name in COMES_IN) - sum(total[name] for name in ENDS_AS) - here),
        "reaped": total["reaped"],
        "retried": total["retried"],
    }


def _counted(frames: Iterable[dict]) -> Counter[str]:
    """The server's counts since the beginning, though its data may have been wiped in between."""
    total: Counter[str] = Counter()
    before = NOTHING
    for frame in frames:
        wiped = any(frame[name] < before[name] for name in COUNTS)
        total.update({name: frame[name] - (0 if wiped else before[name]) for name in COUNTS})
        before = frame
    return total
