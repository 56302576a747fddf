"""Everything that happened, in order: one list of events, made from Redis's records and the workers' logs."""

import sys
from collections.abc import Iterable
from operator import attrgetter

from jobqueue.lab.recording.frame import Event
from jobqueue.lab.recording.look import EVENTS_A_LOOK, Look, Recorded

#: How an attempt ends. `lost`: its worker had lost the lease by then, so its outcome was discarded.
ENDS = frozenset({"done", "retried", "dead", "reaped", "released", "lost"})


class Journal:
    """The events since the last look, and the jobs that run now.

    Redis records every transition but one: it can't tell a fetched job from a job that has begun. The logs have that
    one, and outcomes that were discarded. They have the other ends too, in case Redis lost its memory.
    """

    def __init__(self) -> None:
        #: How many events are missing, because their stream was cut before they were read.
        self.missed = 0
        #: Jobs that run, by the logs: (job, entry) → the event of the fetch.
        self.running: dict[tuple[str, str], Event] = {}
        #: The id of the last event read from Redis.
        self.after = "0-0"
        self._recorded = self._read = 0  # how many events were ever in the stream, and how many of them we have
        self._early: list[Event] = []  # logged after the last look, or after what it read: they wait for the next one

    def take(self, look: Look | None, began_ms: float, logged: Iterable[Event]) -> list[Event]:
        """Take in the newest look, if there's one, and the workers' log lines (`fetched`, or one of ENDS).

        Returns the new events, in order. `began_ms` is when the recording began, in server time.
        """
        fresh: list[Event] = []
        lines, self._early = [*self._early, *logged], []
        horizon = _horizon(look, began_ms)
        for event in lines:  # beginnings first, so that each end finds its own
            if event.event == "fetched" and (event.t < horizon or not look):
                self.running[event.job, event.entry] = event
                fresh.append(event)
            elif event.t >= horizon:
                self._early.append(event)
        if look:
            recorded = (_event(row, began_ms) for row in look.happened)
            fresh += [self._ended(event) for event in recorded if event.job]
            self._count(look)
        fresh += [self._ended(event) for event in lines if event.event in ENDS and self._is_new(event, horizon)]
        return sorted(fresh, key=attrgetter("t"))

    def _is_new(self, event: Event, horizon: float) -> bool:
        """Whether an end in the log is one that Redis hasn't recorded, and won't."""
        if event.t >= horizon:  # it may be unsettled yet, or Redis has recorded it after this look
            return False
        return event.event == "lost" or (event.job, event.entry) in self.running

    def _ended(self, event: Event) -> Event:
        """Add what's known about the attempt, if this event ends one.

        Redis records milliseconds, rounded down, and logs have microseconds. No attempt may end before it began.
        """
        if event.event in ENDS and (began := self.running.pop((event.job, event.entry), None)):
            return event._replace(t=max(event.t, began.t), tier=event.tier or began.tier, attempt=began.attempt)
        return event

    def _count(self, look: Look) -> None:
        if look.recorded < self._recorded:  # another stream: the server was flushed
            self._read = 0
        self._recorded = max(0, look.recorded)
        if look.happened:
            self.after = look.happened[-1].id
        self._read += len(look.happened)
        at_the_end = len(look.happened) < EVENTS_A_LOOK
        if at_the_end and self._read < self._recorded:  # the stream was cut before we had read this far
            self.missed += self._recorded - self._read
            self._read = self._recorded


def _event(row: Recorded, began_ms: float) -> Event:
    """An event from Redis. If it has no entry of its own, its entry is the one that the job has now."""
    entry = row.entry_now if row.event in ("accepted", "promoted") else row.entry
    t = round((_ms(row.id) - began_ms) / 1000, 3)
    return Event(t, sys.intern(row.event), row.job, sys.intern(row.tier), entry, sys.intern(row.worker))


def _horizon(look: Look | None, began_ms: float) -> float:
    """The time before which Redis has nothing more to report, in seconds of the recording."""
    if not look:
        return float("-inf")
    behind = len(look.happened) == EVENTS_A_LOOK
    return ((_ms(look.happened[-1].id) if behind else look.now_ms) - began_ms) / 1000


def _ms(identity: str) -> int:
    return int(identity.split("-")[0])
