"""Rules that are ready to use, in Jepsen's words, and a healthy worker and reaper that finish the work.

They count jobs by an id, which entries carry in a field (`key`, "id" by default), and by three effects:

    ("enqueue", id)   a program tried to enqueue the job
    ("enqueued", id)  the job was accepted
    ("ran", id)       a handler ran the job

Entries that setup left in a stream count as accepted.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import redis
import redis.asyncio

from jobqueue.explorer.record import Finding
from jobqueue.explorer.redis_seam.content import Content, View
from jobqueue.explorer.scenario import Body, Rule


def check(invariants: Iterable[Rule], view: View) -> list[Finding]:
    """Ask each invariant about `view`, and return its objections."""
    findings = []
    for invariant in invariants:
        try:
            answer = invariant(view)
        except AssertionError as error:
            answer = str(error).partition("\n")[0] or f"{getattr(invariant, '__name__', 'an invariant')} does not hold"
        kind = getattr(invariant, "__name__", "wrong").replace("_", " ")
        for objection in answer if isinstance(answer, (list, tuple)) else [answer]:
            if isinstance(objection, Finding):
                findings.append(objection)
            elif objection is not None:
                findings.append(Finding(kind, str(objection)))
    return findings


@dataclass(frozen=True)
class JobCounts:
    """The fate of all jobs.

    Attributes:
        accepted: ids that were in a stream at the start, or were enqueued.
        tried: those, and ids that a program only tried to enqueue.
        ran: how often each id was run.
        kept: in how many entries each id is now, in all streams.
    """

    accepted: set[str]
    tried: set[str]
    ran: Counter[str]
    kept: Counter[str]


def account(view: View, key: str = "id") -> JobCounts:
    """Count the jobs of `view`."""
    accepted = set(_ids(view.start, key)) | {str(effect[1]) for effect in view.effects if effect[0] == "enqueued"}
    tried = accepted | {str(effect[1]) for effect in view.effects if effect[0] == "enqueue"}
    ran = Counter(str(effect[1]) for effect in view.effects if effect[0] == "ran")
    return JobCounts(accepted, tried, ran, Counter(_ids(view.content, key)))


def nothing_lost(view: View) -> list[Finding]:
    """At the end: every accepted job ran, or is in a stream of the dead.

    A job is "stuck" if it's still waiting or pending, but even the healthy worker didn't get it. Otherwise it's "lost",
    because no worker ever gets an entry that is deleted or acknowledged.
    """
    jobs = account(view)
    held = _held(view.content)
    return [
        Finding("stuck", f"job {job} is still in a stream, but even a healthy worker doesn't get it")
        if job in held
        else Finding("lost", f"job {job} was accepted, but never ran, and no worker will ever be given it")
        for job in sorted(jobs.accepted - set(jobs.ran))
        if not _is_dead(view, job)
    ]


def nothing_duplicated(view: View) -> list[Finding]:
    """At the end: no job ran more than once. At-least-once allows it after a fault: see the problem's `faults`."""
    ran = account(view).ran
    return [Finding("duplicated", f"job {job} ran {times} times") for job, times in sorted(ran.items()) if times > 1]


def nothing_unexpected(view: View) -> list[Finding]:
    """At the end: each job that ran was enqueued, or at least a program tried to."""
    jobs = account(view)
    return [
        Finding("unexpected", f"job {job} ran, but no program enqueued it")
        for job in sorted(set(jobs.ran) - jobs.tried)
    ]


def recovered(view: View) -> list[Finding]:
    """At the end: jobs that ran although their enqueue never reported success. Worth a remark, never a failure."""
    jobs = account(view)
    ids = sorted((set(jobs.ran) & jobs.tried) - jobs.accepted)
    return [Finding("recovered", f"job {job} ran although its enqueue seemed to fail") for job in ids]


def one_place(view: View) -> list[Finding]:
    """Always, or at the end: no job is in two entries at once."""
    kept = account(view).kept
    return [Finding("two places", f"job {job} is in {n} entries at once") for job, n in sorted(kept.items()) if n > 1]


def bounded_attempts(limit: int) -> Rule:
    """At the end: no job ran more than `limit` times. Returns the invariant."""

    def check(view: View) -> list[Finding]:
        ran = sorted(account(view).ran.items())
        return [Finding("unbounded", f"job {job} ran {n} times, {limit} are allowed") for job, n in ran if n > limit]

    return check


def never_over(stream: str, capacity: int) -> Rule:
    """Always: `stream` holds at most `capacity` entries. Returns the invariant."""

    def check(view: View) -> list[Finding]:
        held = view.content.streams.get(stream)
        depth = len(held.entries) if held else 0
        if depth <= capacity:
            return []
        return [Finding("over capacity", f"{stream} holds {depth} entries, {capacity} are allowed")]

    return check


def healthy(stream: str, group: str, *, key: str = "id", wait: float = 120) -> Body:
    """Make a `finish`: after `wait` seconds a reaper requeues all pending entries, and a worker runs all jobs, in order
    and atomically. It records ("ran", id)."""

    async def finish(_: redis.asyncio.Redis, world: Any) -> None:  # `world` is an Outside, which lies above
        client: Any = world.client(decode_responses=True)
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


async def _reap_all(client: Any, stream: str, group: str) -> None:
    # `client` is Any, because redis-py's types know no chain of a pipeline's commands.
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


def _held(content: Content, key: str = "id") -> set[str | None]:
    """The jobs that still have an entry waiting or pending in a group."""
    held: set[str | None] = set()
    for stream in content.streams.values():
        pending = {row.id for group in stream.groups.values() for row in group.pending}
        waiting = {entry_id for name in stream.groups or [""] for entry_id in stream.waiting(name)}
        held |= {stream.entries[entry_id].get(key) for entry_id in (pending | waiting) & set(stream.entries)}
    return held


def _is_dead(view: View, job: str, key: str = "id") -> bool:
    """Is `job` in a stream whose name ends in "dead"? A job may end there without having run."""
    dead = [stream for name, stream in view.content.streams.items() if name.endswith("dead")]
    return any(fields.get(key) == job for stream in dead for fields in stream.entries.values())
