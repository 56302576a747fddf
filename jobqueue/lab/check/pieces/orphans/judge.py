"""Looking for orphans is wrong if it changes something, or if the answer isn't all orphans and nothing else."""

from collections.abc import Mapping

from jobqueue.explorer import Finding, Pending, View
from jobqueue.lab.check.judge import effects
from jobqueue.lab.check.worlds import SmallQueue

QUEUE = SmallQueue("orders", "crew")  # not those of the lessons, so that hard-coded names show
IDLE_MS = 60_000


def untouched(view: View) -> Finding | None:
    """Nothing was changed."""
    before, now = QUEUE.rows(view.start), QUEUE.rows(view.content)
    gone = before.keys() - now.keys() or QUEUE.entries(view.start).keys() - QUEUE.entries(view.content).keys()
    moved = [id for id, row in now.items() if id in before and row.consumer != before[id].consumer]
    renewed = [id for id, row in now.items() if id in before and row.idle < before[id].idle]
    if strange := sorted(view.content.streams.keys() - {QUEUE.stream}):
        return Finding("hard-coded-names", f"Your function is given `{QUEUE.stream}`, and asks `{strange[0]}`.")
    if taken := now.keys() - before.keys():
        words = f"Your function reads entry {min(taken)}, which waited, as `{now[min(taken)].consumer}`."
        return Finding("takes-waiting", words)
    if gone:
        return Finding("removes", f"Your function removes entry {min(gone)}.")
    if moved:
        words = f"Your function gives entry {moved[0]} to `{now[moved[0]].consumer}`, and it was only asked to look."
        return Finding("takes-away", words)
    if renewed:
        return Finding("resets-the-clock", f"Your function resets the idle time of entry {renewed[0]}.")
    return None


def answer(view: View) -> Finding | None:
    """All orphans are in the answer, once, and nothing else."""
    got, pending = effects(view, "answered")[-1], QUEUE.rows(view.start)
    orphans = {id for id, row in pending.items() if row.idle * 1000 >= IDLE_MS}
    if got is None or any(one not in QUEUE.entries(view.start) for one in got):
        shown = "no list" if got is None else f"`{next(iter(got), '')}`"
        return Finding("not-ids", f"Your function returns {shown}.")
    if waiting := set(got) - pending.keys():
        return Finding(
            "counts-what-is-not-pending", f"Your function returns entry {min(waiting)}, which isn't pending."
        )
    if fresh := set(got) - orphans:
        seconds = min(pending[id].idle for id in fresh)
        return Finding(
            "counts-fresh", f"Your function returns an entry that has been idle for {seconds} s, not for 60 s."
        )
    if missing := orphans - set(got):
        return _missing(missing, orphans, pending)
    return Finding("twice", "Your function returns an entry twice.") if len(got) > len(set(got)) else None


def _missing(missing: set[str], orphans: set[str], pending: Mapping[str, Pending]) -> Finding:
    words = f"Your function leaves out {len(missing)} of {len(orphans)} orphans."
    if len(orphans) > 10:
        return Finding("one-page" if missing != orphans else "only-a-prefix", words)
    if missing == orphans:
        return Finding("finds-none", words)
    holders = sorted({pending[id].consumer for id in missing})
    bug = "judges-consumers" if holders == ["bob"] else "finds-some"
    return Finding(bug, f"{words} Those of {', '.join(holders)} are missing.")
