"""Looking for orphans is wrong if it changes something, or if the answer isn't all orphans and nothing else."""

from collections.abc import Mapping

from jobqueue.explorer import Finding, Pending, View
from jobqueue.lab.check.judge import effects
from jobqueue.lab.check.worlds import SmallQueue

QUEUE = SmallQueue("orders", "crew")  # not those of the lessons, so that hard-coded names show
ANOTHER = SmallQueue("orders", "audit")
IDLE_MS = 60_000
OLD = "123456"  # jobs, of worlds.few, that were added long ago


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
    if set(got) == orphans:
        return Finding("twice", "Your function returns an entry twice.") if len(got) > len(orphans) else None
    if got and (bug := next((bug for bug, ids in _misled(view).items() if set(got) == ids), None)):
        return Finding(bug, "")
    return _differs(set(got), orphans, pending)


def _misled(view: View) -> dict[str, set[str]]:
    """The answer to which each of these ideas leads in worlds.few; elsewhere they'd be no evidence."""
    pending, numbers = QUEUE.rows(view.start), QUEUE.ids(view.start)
    if not ANOTHER.state(view.start):
        return {}
    idle = {id: row.idle * 1000 for id, row in pending.items()}
    least: dict[str, int] = {}  # of each consumer
    for id, row in pending.items():
        least[row.consumer] = min(idle[id], least.get(row.consumer, idle[id]))
    return {
        "excludes-the-limit": {id for id, ms in idle.items() if ms > IDLE_MS},
        "compares-texts": {id for id, ms in idle.items() if f"{ms}" >= f"{IDLE_MS}"},
        "compares-texts, without the limit": {id for id, ms in idle.items() if f"{ms}" > f"{IDLE_MS}"},
        "unit-too-large": {id for id, ms in idle.items() if ms >= IDLE_MS * 1000},
        "unit-too-small": {id for id, ms in idle.items() if ms * 1000 >= IDLE_MS},
        "age-is-not-idle": {id for id in pending if id in {numbers.get(number) for number in OLD}},
        "judges-consumers": {id for id, row in pending.items() if least[row.consumer] >= IDLE_MS},
        "another-group": {id for id, row in ANOTHER.rows(view.start).items() if row.idle * 1000 >= IDLE_MS},
    }


def _differs(got: set[str], orphans: set[str], pending: Mapping[str, Pending]) -> Finding:
    """Something else is in the answer, or something is missing."""
    if waiting := got - pending.keys():
        words = f"Your function returns entry {min(waiting)}, which isn't pending."
        return Finding("counts-what-is-not-pending", words)
    if fresh := got - orphans:
        seconds = min(pending[id].idle for id in fresh)
        return Finding(
            "counts-fresh", f"Your function returns an entry that has been idle for {seconds} s, not for 60 s."
        )
    words = f"Your function leaves out {len(orphans - got)} of {len(orphans)} orphans."
    if len(orphans) > 10:
        return Finding("one-page" if got else "only-a-prefix", words)
    if not got:
        return Finding("finds-none", words)
    holders = sorted({pending[id].consumer for id in orphans - got})
    return Finding("finds-some", f"{words} Those of {', '.join(holders)} are missing.")
