"""Enqueueing is wrong if the queue goes over its capacity, if a job is lost, or if an answer isn't what happened."""

from collections.abc import Iterator

from jobqueue.explorer import Finding, View
from jobqueue.lab.check.judge import difference, effects
from jobqueue.lab.check.worlds import SmallQueue

QUEUE = SmallQueue("orders", "crew")  # not those of the lessons, so that hard-coded names show

#: Failures by how much they tell: of several at once, the first is shown.
ORDER = ["elsewhere", "trimmed", "refused as", "unknown", "not added", "added, refused", "nothing", "fields",
         "wrong id", "no id", "over capacity", "no answer", "no room", "refused"]  # fmt: skip

Effect = tuple[str, ...]


def never_over(capacity: int, view: View) -> Finding | None:
    """At every instant: no more entries than the capacity, unless it began with more."""
    depth, allowed = len(QUEUE.entries(view.content)), max(capacity, len(QUEUE.entries(view.start)))
    words = f"the queue holds {depth} jobs, and its capacity is {capacity}"
    return None if depth <= allowed else Finding("over capacity", words)


def books(capacity: int, room: int | None, view: View) -> list[Finding]:
    """At the end: compare each call's answer with what's there. Of several failures, return the most telling one.

    room: how many of the calls must have been accepted; None where that depends on the order.
    """
    if room is not None and any(outcome.startswith("raised") for outcome in view.outcomes.values()):
        return []  # it never came to an answer, and that's what is wrong
    ids = _entry_ids(view)
    answers = {effect[1]: effect for effect in view.effects if effect[0] in ("enqueued", "refused", "returned")}
    tried = effects(view, "enqueue")
    failures = [*_elsewhere(view), *_others(view, ids, tried), *_room(room, answers), *_later(view)]
    failures += [finding for job in tried if (finding := _answer(job, answers.get(job), ids.get(job, []), view))]
    failures += [over] if (over := never_over(capacity, view)) else []
    mild = [
        Finding("duplicated", f"job {job} is added {len(ids[job])} times") for job in tried if len(ids.get(job, [])) > 1
    ]
    mild += [Finding(kind, kind) for kind in ("own class", "fields changed") if any(e[0] == kind for e in view.effects)]
    return sorted(failures, key=lambda finding: ORDER.index(finding.kind))[:1] + mild


def _entry_ids(view: View) -> dict[str | None, list[str]]:
    """The entry ids of each job: now in the stream, or there before everything was settled."""
    ids: dict[str | None, list[str]] = {}
    now = [(fields.get("id"), entry_id) for entry_id, fields in QUEUE.entries(view.content).items()]
    for job, entry_id in [*now, *(effect[1:] for effect in view.effects if effect[0] == "found")]:
        ids.setdefault(job, []).append(entry_id)
    return ids


def _elsewhere(view: View) -> Iterator[Finding]:
    for key, value in view.content.streams.items():
        if key != QUEUE.stream and value.entries:
            yield Finding("elsewhere", f"`{key}`")


def _others(view: View, ids: dict[str | None, list[str]], tried: list[str]) -> Iterator[Finding]:
    """The jobs that were there are there still, and no others."""
    before = set(QUEUE.ids(view.start))
    for job in sorted(before - set(ids) - set(effects(view, "settled"))):
        yield Finding("trimmed", f"job {job} was waiting or being worked on, and is no longer in the queue")
    if any(not str(job).startswith("later") for job in ids.keys() - before - set(tried)):
        yield Finding("unknown", "the stream holds an entry without the fields that it was called with")


def _answer(job: str, answer: Effect | None, ids: list[str], view: View) -> Finding | None:
    """One call's answer, compared with what became of its job."""
    settled, entries = ("settled", job) in view.effects, QUEUE.entries(view.content)
    if refused_as := next((effect for effect in view.effects if effect[:2] == ("refused as", job)), None):
        return Finding("refused as", refused_as[2])
    if answer is None:
        return None
    if answer[0] == "refused":
        return Finding("added, refused", f"job {job} was refused, and added all the same") if ids else None
    if not ids and not settled:
        words = f"job {job} was answered with {answer[2]}, and isn't in the queue"
        return Finding("not added", words) if answer[0] == "enqueued" else Finding("nothing", answer[2])
    if answer[0] == "returned":
        return Finding("no id", answer[2])
    if answer[2] not in ids and not settled:
        return Finding("wrong id", f"it returned {answer[2]}, and its entry is {ids[0]}")
    wanted = {"id": job, "task": "resize"}
    for fields in (entries[entry_id] for entry_id in ids if entry_id in entries):
        if words := difference({name: fields[name] for name in wanted if name in fields}, wanted):
            return Finding("fields", words)
    return None


def _room(room: int | None, answers: dict[str, Effect]) -> Iterator[Finding]:
    accepted = sum(1 for answer in answers.values() if answer[0] != "refused")
    if room is not None and accepted < min(room, len(answers)):  # a call without an answer never began
        yield Finding("refused", f"{accepted} of {len(answers)} jobs accepted, and there was room for {room}")


def _later(view: View) -> Iterator[Finding]:
    for effect in view.effects:
        if effect[0] == "no answer":
            yield Finding("no answer", "the next call never came to an answer")
        if effect[0] == "no room":
            yield Finding("no room", f"with the queue empty again, the next call raised {effect[2]}")
