"""What must hold when a worker's one step is over. A lone worker that has not come to its end is not judged here."""

from collections import Counter

from jobqueue.lab.check.story import entries, rows
from jobqueue.lab.explorer import Finding, View

STREAM, GROUP = "jobs:normal", "workers"
PATIENCE = 10  # seconds an empty queue may hold it up


def in_its_name(view: View) -> list[Finding]:
    """Always: nobody but the two consumers there are has anything pending."""
    others = [row.consumer for row in rows(view.content, "orders", "crew") if row.consumer not in ("ann", "bob")]
    words = f"It was given the consumer `bob`, and reads as `{others[0]}`." if others else ""
    return [Finding("hard-coded-names", words)] if others else []


def one_processed(view: View) -> list[Finding]:
    if view.outcomes["worker"] != "ended":
        return []
    ran = [effect[1] for effect in view.effects if effect[0] == "ran"]
    old = {fields["id"]: entry_id for entry_id, fields in entries(view.start, "orders").items()}
    pending = {row.id: row.consumer for row in rows(view.content, "orders", "crew")}
    group = view.content.streams["orders"].groups["crew"] if "orders" in view.content.streams else None
    delivered = [number for number in "23" if group and old[number] <= group.last_delivered]
    kept = entries(view.content, "orders")
    if ran and not delivered and pending.get(old["1"]) == "ann":
        return [Finding("reads-without-group", f"It runs job {ran[0]}, which was not delivered to it.")]
    if "1" in ran:
        return [Finding("takes-others", "It runs job 1, which was delivered to ann 0 s ago.")]
    if pending.get(old["1"]) != "ann":
        return [Finding("takes-others", "It removes job 1 from the PEL of ann, who is working on it.")]
    if {old["1"], old["3"]} - kept.keys() and "3" not in ran:
        return [Finding("trims-jobs", "Jobs that it has nothing to do with are gone from the stream.")]
    if not ran and not delivered:
        return [Finding("reads-nothing-new", "Two jobs wait, and it reads neither.")]
    if len(set(ran)) < len(ran):
        return [Finding("runs-twice", f"It runs job {ran[0]} {len(ran)} times.")]
    if len(delivered) > len(ran):
        left = next(number for number in delivered if number not in ran)
        where = "pending, and nobody works on it" if pending.get(old[left]) else "gone"
        kind = "reads-too-many" if ran else "never-handles"
        return [Finding(kind, f"It reads {len(delivered)} jobs and runs {len(ran)}: job {left} is {where}.")]
    if len(ran) > 1:
        return [Finding("reads-too-many", f"It reads and runs {len(ran)} jobs in one call.")]
    return (
        [Finding("not-acknowledged", f"Job {ran[0]} has run, and is still pending.")] if old[ran[0]] in pending else []
    )


def returns_soon(view: View) -> list[Finding]:
    slow = view.outcomes["worker"] == "ended" and view.now > PATIENCE
    return [Finding("waits-too-long", f"With nothing to read, it returns after {view.now:g} s.")] if slow else []


def left_pending(view: View) -> list[Finding]:
    if view.outcomes["worker"] != "ended" or ("failed", "1") not in view.effects:
        return []
    (old,) = entries(view.start, STREAM)
    pending = {row.id for row in rows(view.content, STREAM, GROUP)}
    if view.effects.count(("failed", "1")) > 1:
        return [Finding("retries-at-once", "The handler raises, and is called again at once.")]
    if old in pending and old in entries(view.content, STREAM):
        return []
    if old in pending:
        return [Finding("deletes-failure", "The handler raises, and the entry is deleted from the stream.")]
    elsewhere = any(fields.get("id") == "1" for name in view.content.streams for fields in _fields(view, name))
    kind = "requeues-failure" if elsewhere and old not in entries(view.content, STREAM) else "acks-failure"
    return [Finding(kind, "The handler raises, and the job does not stay pending.")]


def _fields(view: View, stream: str):
    return entries(view.content, stream).values()


def accounted(view: View) -> list[Finding]:
    """Every job ran once."""
    ran = Counter(effect[1] for effect in view.effects if effect[0] == "ran")
    jobs = [fields["id"] for fields in _fields_at_start(view)]
    lost = [Finding("lost", f"job {number} never runs") for number in jobs if not ran[number]]
    return lost or [Finding("doubled", f"job {number} runs {ran[number]} times") for number in jobs if ran[number] > 1]


def _fields_at_start(view: View):
    return entries(view.start, STREAM).values()
