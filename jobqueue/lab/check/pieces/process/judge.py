"""A worker's one step is wrong if it runs or acknowledges anything but one new job, or does so too early."""

from jobqueue.explorer import Finding, View
from jobqueue.lab.check.judge import effects
from jobqueue.lab.check.worlds import SmallQueue

QUEUE = SmallQueue("jobs:normal", "workers")
OTHER = SmallQueue("orders", "crew")  # not the names of the lessons, so that hard-coded ones show
PATIENCE = 10  # seconds an empty queue may hold it up


def in_its_name(view: View) -> list[Finding]:
    """Always: only the two consumers there are have anything pending."""
    others = [row.consumer for row in OTHER.rows(view.content).values() if row.consumer not in ("ann", "bob")]
    words = "Your function is given the consumer `bob`, and reads as `{}`."
    return [Finding("hard-coded-names", words.format(others[0]))] if others else []


def others_kept(view: View) -> Finding | None:
    """Job 1 is ann's, and one of jobs 2 and 3 isn't this call's business."""
    ran, ids, kept = effects(view, "ran"), OTHER.ids(view.start), OTHER.entries(view.content)
    owner = OTHER.rows(view.content).get(ids["1"])
    is_anns = owner is not None and owner.consumer == "ann"
    if ran and not _delivered(view) and is_anns:
        return Finding("reads-without-group", f"Your function runs job {ran[0]}, which its group never delivered.")
    if "1" in ran:
        return Finding("takes-others", "Your function runs job 1, which ann was given 0 s ago.")
    if not is_anns:
        return Finding("takes-others", "Your function takes job 1 off the pending list of ann, who is working on it.")
    if {ids["1"], ids["3"]} - kept.keys() and "3" not in ran:
        return Finding("trims-jobs", "Your function deletes jobs that it never read.")
    return None


def one_run(view: View) -> Finding | None:
    """One of the two that wait is run and acknowledged."""
    ran, delivered, ids = effects(view, "ran"), _delivered(view), OTHER.ids(view.start)
    pending = OTHER.rows(view.content)
    if not ran and not delivered:
        return Finding("reads-nothing-new", "Two jobs wait, and your function reads neither.")
    if len(set(ran)) < len(ran):
        return Finding("runs-twice", f"Your function runs job {ran[0]} {len(ran)} times.")
    if len(delivered) > len(ran):
        left = next(number for number in delivered if number not in ran)
        where = "pending, and no worker runs it" if ids[left] in pending else "gone"
        kind = "reads-too-many" if ran else "never-handles"
        words = f"Your function reads {len(delivered)} jobs and runs {len(ran)}: job {left} is {where}."
        return Finding(kind, words)
    if len(ran) > 1:
        return Finding("reads-too-many", f"Your function reads and runs {len(ran)} jobs in one call.")
    if ids[ran[0]] in pending:
        return Finding("not-acknowledged", f"Your function runs job {ran[0]}, and leaves it pending.")
    return None


def _delivered(view: View) -> list[str]:
    """The jobs, of those that waited, that the group has delivered."""
    ids, group = OTHER.ids(view.start), OTHER.state(view.content)
    return [number for number in "23" if group and ids[number] <= group.last_delivered]


def anns_kept(view: View) -> Finding | None:
    """With nothing new, job 1 is still ann's."""
    (old,) = QUEUE.entries(view.start)
    row = QUEUE.rows(view.content).get(old)
    kept = row is not None and row.consumer == "ann" and not effects(view, "ran")
    words = "With nothing new to read, your function takes job 1, which ann was given 5 s ago."
    return None if kept else Finding("takes-others", words)


def not_given_up(view: View) -> Finding | None:
    """A job on its 27th attempt is run like any other, or left pending."""
    held = QUEUE.rows(view.content).keys() | QUEUE.waiting(view.content).keys()
    kept = effects(view, "ran") or held & QUEUE.entries(view.start).keys()
    return None if kept else Finding("gives-up", "Your function settles a job on its 27th attempt, and doesn't run it.")


def not_cut_short(view: View) -> list[Finding]:
    """Work that didn't get to its end isn't acknowledged."""
    (old,) = QUEUE.entries(view.start)
    kept = effects(view, "ran") or (old in QUEUE.rows(view.content) and old in QUEUE.entries(view.content))
    words = "The handler needs 100 s, and your function cuts it short and doesn't leave the job pending."
    return [] if kept else [Finding("acks-what-it-cut-short", words)]


def returns_soon(view: View) -> Finding | None:
    words = f"With nothing to read, your function returns after {view.now:g} s."
    return Finding("waits-too-long", words) if view.now > PATIENCE else None


def left_pending(view: View) -> Finding | None:
    """A job that failed stays pending."""
    failed, entries = effects(view, "failed").count("1"), QUEUE.entries(view.content)
    (old,) = QUEUE.entries(view.start)
    if not failed or (failed == 1 and old in QUEUE.rows(view.content) and old in entries):
        return None
    if failed > 1:
        return Finding("retries-at-once", "The handler raises, and your function calls it again at once.")
    if old in QUEUE.rows(view.content):
        return Finding("deletes-failure", "The handler raises, and your function deletes the entry from the stream.")
    elsewhere = any(fields.get("id") == "1" for s in view.content.streams.values() for fields in s.entries.values())
    kind = "requeues-failure" if elsewhere and old not in entries else "acks-failure"
    return Finding(kind, "The handler raises, and your function doesn't leave the job pending.")
