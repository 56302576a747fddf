"""The journal tells one job from another, and one attempt from the next."""

from jobqueue.lab.recording.frame import NOTHING, Event
from jobqueue.lab.recording.journal import Journal
from jobqueue.lab.recording.look import EVENTS_A_LOOK, Look
from recorder_steps import told


def seen(*rows, now=1000, recorded=None):
    return Look(now, NOTHING, len(rows) if recorded is None else recorded, list(rows), set())


def logged(t, event, job="j", entry="1-0", attempt=1):
    return Event(t, event, job, "normal" if event == "fetched" else "", entry, "ada", attempt)


def test_what_is_logged_after_the_look_waits_for_the_next_one():
    journal = Journal()
    assert journal.take(seen(now=1000), 0, [logged(1.2, "fetched")]) == []
    accepted, fetched = journal.take(seen(told(1100, "accepted", entry=""), now=1300), 0, [])
    assert (accepted.event, accepted.entry, fetched.event) == ("accepted", "1-0", "fetched")


def test_an_end_is_told_once_though_redis_and_the_log_tell_it():
    journal = Journal()
    journal.take(seen(now=300), 0, [logged(0.1, "fetched")])
    [done] = journal.take(seen(told(400, "done"), now=600), 0, [logged(0.401, "done")])
    assert (done.attempt, done.tier, journal.running) == (1, "normal", {})
    assert journal.take(seen(now=900), 0, []) == []


def test_an_end_that_only_the_log_tells_counts_as_well():
    journal = Journal()
    journal.take(seen(now=300), 0, [logged(0.1, "fetched")])
    [done] = journal.take(seen(now=600), 0, [logged(0.4, "done")])
    assert (done.event, done.tier, done.t) == ("done", "normal", 0.4)


def test_an_outcome_that_came_too_late_is_told_after_the_reaping():
    journal = Journal()
    journal.take(seen(now=300), 0, [logged(0.1, "fetched")])
    [reaped] = journal.take(seen(told(400, "reaped"), now=600), 0, [])
    [lost] = journal.take(seen(now=900), 0, [logged(0.8, "lost")])
    assert (reaped.event, reaped.attempt, lost.event) == ("reaped", 1, "lost")


def test_while_redis_is_away_begins_are_told_and_ends_wait():
    journal = Journal()
    [fetched] = journal.take(None, 0, [logged(0.1, "fetched"), logged(0.2, "done")])
    assert (fetched.event, [*journal.running]) == ("fetched", [("j", "1-0")])
    [done] = journal.take(seen(told(200, "done"), now=900), 0, [])
    assert (done.t, journal.running) == (0.2, {})


def test_with_more_events_than_one_look_takes_the_log_waits_for_the_last_of_them():
    journal = Journal()
    rows = [told(100 + i, "accepted", f"j{i}") for i in range(EVENTS_A_LOOK)]
    fresh = journal.take(seen(*rows, now=9000, recorded=EVENTS_A_LOOK + 1), 0, [logged(8.0, "fetched")])
    assert {event.event for event in fresh} == {"accepted"} and journal.missed == 0
    last = journal.take(seen(told(7999, "accepted"), now=9001, recorded=EVENTS_A_LOOK + 1), 0, [])
    assert [event.event for event in last] == ["accepted", "fetched"] and journal.missed == 0


def test_events_that_were_cut_before_they_were_read_are_counted():
    journal = Journal()
    journal.take(seen(told(1, "accepted"), recorded=1), 0, [])
    journal.take(seen(told(2, "accepted"), recorded=12), 0, [])
    assert journal.missed == 10
    journal.take(seen(told(3, "accepted"), recorded=1), 0, [])  # another stream: the server was flushed
    assert journal.missed == 10


def test_an_attempt_of_less_than_a_millisecond_ends_after_it_began():
    journal = Journal()
    rows = (told(5, "replayed"), told(5, "accepted", "k"), told(5, "done"))
    fresh = journal.take(seen(*rows), 0, [logged(0.0057, "fetched")])
    assert [(event.event, event.t) for event in fresh] == [
        ("replayed", 0.005), ("accepted", 0.005), ("fetched", 0.0057), ("done", 0.0057)
    ]  # fmt: skip
