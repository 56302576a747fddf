"""What must hold, ready to use, in Jepsen's words; and a healthy worker and reaper to finish with.

They count jobs by an id, which entries carry in a field (`key`, "id" by default), and by these effects:
("enqueue", id) an enqueue was tried · ("enqueued", id) it was accepted · ("ran", id) a handler ran the job.
What setup left in a stream counts as accepted.
"""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass

import redis

from jobqueue.lab.explorer.content import Content, View
from jobqueue.lab.explorer.record import Finding


def check(invariants, view: View) -> list[Finding]:
    """Everything that `invariants` object to in `view`."""
    findings = []
    for invariant in invariants:
        try:
            answer = invariant(view)
        except AssertionError as error:
            answer = str(error).partition("\n")[0] or f"{getattr(invariant, '__name__', 'an invariant')} does not hold"
        name = getattr(invariant, "__name__", "wrong").replace("_", " ")
        for item in answer if isinstance(answer, (list, tuple)) else [answer]:
            if item is not None:
                findings.append(item if isinstance(item, Finding) else Finding(name, str(item)))
    return findings


@dataclass(frozen=True)
class Account:
    """What became of the jobs.

    Attributes:
        accepted: ids that were in a stream at the start, or whose enqueue returned.
        tried: those, and ids whose enqueue was tried.
        ran: how often each id was run.
        kept: in how many entries each id is now, in all streams.
    """

    accepted: set[str]
    tried: set[str]
    ran: Counter
    kept: Counter


def account(view: View, key: str = "id") -> Account:
    """Count the jobs of `view`."""
    accepted = set(_ids(view.start, key)) | {str(effect[1]) for effect in view.effects if effect[0] == "enqueued"}
    tried = accepted | {str(effect[1]) for effect in view.effects if effect[0] == "enqueue"}
    ran = Counter(str(effect[1]) for effect in view.effects if effect[0] == "ran")
    return Account(accepted, tried, ran, Counter(_ids(view.content, key)))


def nothing_lost(view: View) -> list[Finding]:
    """At the end: every accepted job ran, or is in a stream of the dead. "stuck": it is still waiting or pending, but
    even the healthy worker did not get it. "lost": not even that; an entry that is acknowledged is nobody's any more.
    """
    jobs = account(view)
    held = _held(view.content)
    return [
        Finding("stuck", f"job {job} is still in a stream, but even a healthy worker does not get it")
        if job in held
        else Finding("lost", f"job {job} was accepted, but never ran, and nobody will ever be given it")
        for job in sorted(jobs.accepted - set(jobs.ran))
        if not _is_dead(view, job)
    ]


def nothing_duplicated(view: View) -> list[Finding]:
    """At the end: no job ran more than once. At-least-once allows it after a fault: see the problem's `faults`."""
    ran = account(view).ran
    return [Finding("duplicated", f"job {job} ran {times} times") for job, times in sorted(ran.items()) if times > 1]


def nothing_unexpected(view: View) -> list[Finding]:
    """At the end: nothing ran that nobody tried to enqueue."""
    jobs = account(view)
    return [
        Finding("unexpected", f"job {job} ran, but nobody enqueued it") for job in sorted(set(jobs.ran) - jobs.tried)
    ]


def recovered(view: View) -> list[Finding]:
    """At the end: jobs that ran although their enqueue never reported success. Worth a remark, never a failure."""
    jobs = account(view)
    found = sorted((set(jobs.ran) & jobs.tried) - jobs.accepted)
    return [Finding("recovered", f"job {job} ran although its enqueue seemed to fail") for job in found]


def one_place(view: View) -> list[Finding]:
    """Always, or at the end: no job is in two entries at once."""
    kept = account(view).kept
    return [Finding("two places", f"job {job} is in {n} entries at once") for job, n in sorted(kept.items()) if n > 1]


def bounded_attempts(limit: int):
    """At the end: no job ran more than `limit` times. Returns the invariant."""

    def check(view: View) -> list[Finding]:
        ran = sorted(account(view).ran.items())
        return [Finding("unbounded", f"job {job} ran {n} times, {limit} are allowed") for job, n in ran if n > limit]

    return check


def never_over(stream: str, capacity: int):
    """Always: `stream` holds at most `capacity` entries. Returns the invariant."""

    def check(view: View) -> list[Finding]:
        found = view.content.streams.get(stream)
        depth = len(found.entries) if found else 0
        if depth <= capacity:
            return []
        return [Finding("over capacity", f"{stream} holds {depth} entries, {capacity} are allowed")]

    return check


def healthy(stream: str, group: str, *, key: str = "id", wait: float = 120):
    """A `finish`: after `wait` seconds a reaper requeues what is pending, and a worker runs all there is, in right
    order and atomically. Records ("ran", id). Returns the async function."""

    async def finish(_, world) -> None:
        client = world.client(decode_responses=True)
        await asyncio.sleep(wait)
        with contextlib.suppress(redis.ResponseError):  # the group is gone: then nothing is pending in it
            await _reap_all(client, stream, group)
        with contextlib.suppress(redis.ResponseError):  # it is there already
            await client.xgroup_create(stream, group, id="0", mkstream=True)
        while reply := await client.xreadgroup(group, "healthy", {stream: ">"}, count=100):
            entries = reply[0][1]
            for _, fields in entries:
                world.record("ran", fields.get(key))
            ids = [entry_id for entry_id, _ in entries]
            await client.pipeline().xack(stream, group, *ids).xdel(stream, *ids).execute()

    return finish


async def _reap_all(client, stream: str, group: str) -> None:
    rows = await client.xpending_range(stream, group, "-", "+", 1000)
    transaction = client.pipeline()
    for row in rows:
        entry_id = row["message_id"]
        for _, fields in await client.xrange(stream, entry_id, entry_id):
            attempt = fields.get("attempt", "1")
            transaction.xadd(stream, {**fields, "attempt": int(attempt) + 1 if attempt.isdigit() else attempt})
        transaction.xack(stream, group, entry_id).xdel(stream, entry_id)
    await transaction.execute()


def _ids(content: Content, key: str) -> list[str]:
    entries = [fields for stream in content.streams.values() for fields in stream.entries.values()]
    return [fields[key] for fields in entries if key in fields]


def _held(content: Content, key: str = "id") -> set[str]:
    """Jobs of which some group still has an entry waiting or pending."""
    held = set()
    for stream in content.streams.values():
        pending = {row.id for group in stream.groups.values() for row in group.pending}
        waiting = {entry_id for name in stream.groups or [""] for entry_id in stream.waiting(name)}
        held |= {stream.entries[entry_id].get(key) for entry_id in (pending | waiting) & set(stream.entries)}
    return held


def _is_dead(view: View, job: str, key: str = "id") -> bool:
    """In a stream whose name ends in "dead": that is where a job may end without having run."""
    dead = [stream for name, stream in view.content.streams.items() if name.endswith("dead")]
    return any(fields.get(key) == job for stream in dead for fields in stream.entries.values())
