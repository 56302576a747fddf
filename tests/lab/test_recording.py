"""What is kept of a world: frames and events in little memory, tables of them, and a file."""

import gzip
import math

import msgspec
import pytest

from frames import but, frame
from jobqueue.errors import BadSetting
from jobqueue.lab.recording.attempts import attempts
from jobqueue.lab.recording.frame import BuriedJob, DelayedJob, Event, Mark, PelRow, WaitingJob, WorkerRow
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.recording.storage import BLOCK, BLOCKS_KEPT, EVENTS_A_FRAME, Events, Reel

TABLES = ("samples", "totals", "pel", "workers", "events", "attempts", "marks")


def event(number, name="accepted", job="j"):
    return Event(float(number), name, job, "normal", f"{number}-0", "ada", 1)


def worker(name, state="running", running=8, done=3):
    return WorkerRow(name, state, running, done)


def recorded(count=250, **more):
    """A tenth of a second a frame, an event each."""
    reel = Reel()
    for number in range(count):
        reel.append(frame(number / 10, accepted=number, **more), [event(number)])
    return Recording(reel, [Mark(1.0, "kill -9 ada")])


# ── the reel


def test_a_frame_comes_back_as_it_was():
    reel = Reel()
    given = frame(1, ledger=[{"entry": "1-0", "idle": 0.25}], capacity={"low": [5, 10]}, accepted=2**40)
    kept = reel.append(given, [event(1), event(2)])
    assert kept == but(given, events=[event(1), event(2)])
    reel.append(frame(2), [])
    assert list(reel) == [kept, frame(2)]
    assert reel[0] == reel[-2] == reel[:1][0] == kept
    with pytest.raises(IndexError):
        reel[2]


def test_a_frame_tells_the_newest_of_its_events_and_counts_the_others():
    reel = Reel()
    kept = reel.append(frame(1), map(event, range(EVENTS_A_FRAME + 30)))
    assert [one.t for one in kept.events] == list(range(30, EVENTS_A_FRAME + 30))
    assert kept.events_left_out == 30


def test_a_long_reel_keeps_every_other_frame_and_all_events_and_its_end():
    reel = Reel(kept=10)
    for number in range(11):
        reel.append(frame(number), [event(number)])
    assert [one.t for one in reel] == [0, 2, 4, 6, 8, 10]
    assert [[told.t for told in one.events] for one in reel] == [[0], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]


def test_of_very_many_events_the_oldest_are_forgotten():
    events = Events()
    total = BLOCK * (BLOCKS_KEPT + 2) + 5
    events.extend(map(event, range(total)))
    assert (events.first, events.end, len(events)) == (2 * BLOCK, total, BLOCK * BLOCKS_KEPT + 5)
    assert [one.t for one in events] == list(range(2 * BLOCK, total))
    assert events.between(0, 2 * BLOCK + 2) == [event(2 * BLOCK), event(2 * BLOCK + 1)]
    assert events.between(total - 7, total + 7) == [event(number) for number in range(total - 7, total)]
    assert events.between(5, 2) == []


def test_a_copy_does_not_grow_with_its_original():
    reel = Reel()
    reel.append(frame(1), [event(1)])
    copy = reel.copy()
    reel.append(frame(2), map(event, range(2 * BLOCK)))
    assert ([one.t for one in copy], list(copy.events)) == ([1.0], [event(1)])


# ── attempts


def tried(*events):
    return attempts(Event(t, name, "j", "normal", entry, who, number) for t, name, entry, who, number in events)


def test_an_attempt_waits_since_it_became_waiting_and_not_since_it_was_delayed():
    [row] = tried(
        (1, "accepted", "1-0", "", 0),
        (4, "promoted", "4-0", "", 0),
        (6, "fetched", "4-0", "ada", 1),
        (9, "done", "4-0", "ada", 1),
    )
    assert (row.waiting_s, row.wait_s, row.run_s, row.outcome, row.wasted) == (4, 2, 3, "done", False)


def test_a_reaped_attempt_whose_worker_went_on_ends_when_its_outcome_is_discarded():
    first, second = tried(
        (1, "accepted", "1-0", "", 0),
        (2, "fetched", "1-0", "ada", 1),
        (5, "reaped", "1-0", "ada", 1),
        (6, "fetched", "5-0", "ben", 2),
        (7, "lost", "1-0", "ada", 1),
        (8, "done", "5-0", "ben", 2),
    )
    assert (first.outcome, first.ended_s, first.wasted) == ("lost", 7, True)
    assert (second.waiting_s, second.wait_s, second.outcome) == (5, 1, "done")


def test_what_was_delivered_and_never_begun_has_no_beginning():
    [row] = tried((1, "accepted", "1-0", "", 0), (5, "reaped", "1-0", "ada", 0))
    assert math.isnan(row.started_s) and math.isnan(row.wait_s) and math.isnan(row.run_s)
    assert (row.outcome, row.wasted, row.worker) == ("reaped", False, "ada")


def test_an_attempt_whose_beginning_was_not_seen_waits_for_no_known_time():
    [row] = tried((2, "fetched", "1-0", "ada", 3))
    assert math.isnan(row.wait_s) and math.isnan(row.ended_s)
    assert (row.outcome, row.attempt) == ("running", 3)


def test_events_in_any_order_make_the_same_attempts():
    events = [(1, "accepted", "1-0", "", 0), (2, "fetched", "1-0", "ada", 1), (3, "done", "1-0", "ada", 1)]
    assert tried(*events) == tried(*events[::-1])


# ── tables


def test_tables_of_nothing_have_their_columns_and_types():
    nothing, something = Recording([]), recorded(capacity={"low": [5, 10]}, workers=[worker("ada")], pel={"ada": 8})
    for name in TABLES:
        empty, table = getattr(nothing, name), getattr(something, name)
        assert empty.empty and list(empty.columns) == list(table.columns), name
        assert list(empty.dtypes) == list(table.dtypes), name


def test_a_recording_can_be_made_by_hand():
    fetched = {"t": 0.05, "event": "fetched", "job": "j", "tier": "low", "entry": "1-0", "worker": "a"}
    by_hand = Recording(
        [
            frame(waiting={"low": 7}, oldest={"low": 2.5}, capacity={"low": [5, 10]}, accepted=7),
            frame(0.1, events=[fetched], marks=[Mark(0.1, "ada frozen", until=0.4)]),
        ]
    )  # fmt: skip
    rows = by_hand.samples[by_hand.samples["tier"] == "low"]
    assert list(rows["waiting_jobs"]) == [7, 0]
    assert rows["oldest_wait_s"].iloc[0] == 2.5 and math.isnan(rows["oldest_wait_s"].iloc[1])
    assert rows["capacity_jobs"].iloc[0] == 10 and math.isnan(rows["capacity_jobs"].iloc[1])
    assert by_hand.events.iloc[0].to_dict() == {
        "t_s": 0.05, "event": "fetched", "job": "j", "tier": "low", "entry": "1-0", "worker": "a", "attempt": 0
    }  # fmt: skip
    assert by_hand.marks.iloc[0].to_dict() == {"t_s": 0.1, "label": "ada frozen", "fault": True, "until_s": 0.4}


def test_pending_under_a_dead_worker_is_orphaned_and_strangers_are_counted_too():
    team = [worker("ada", "dead", running=5), worker("ben", running=2)]
    pel = Recording([frame(1, workers=team, pel={"ada": 5, "ben": 2, "redis-cli": 3})]).pel
    assert [tuple(row) for row in pel.itertuples(index=False)] == [
        (1.0, "ada", 5, 5), (1.0, "ben", 2, 0), (1.0, "redis-cli", 3, 0)
    ]  # fmt: skip


def test_the_summary_adds_up_and_says_what_is_nowhere():
    last = frame(
        1, accepted=20, waiting={"low": 2}, pending={"low": 3}, delayed={"low": 1}, done=8, dead=2, cancelled=1
    )
    summary = Recording([but(last, refused=9, reaped=4, retried=5)]).summary()
    assert summary == {
        "accepted": 20, "done": 8, "run_twice": 0, "dead": 2, "refused": 9, "lost": 3, "reaped": 4, "retried": 5
    }  # fmt: skip


def test_the_summary_goes_on_counting_when_the_server_loses_its_data():
    frames = [frame(1, accepted=10, done=6, waiting={"low": 4}), frame(2), frame(3, accepted=5, done=5)]
    summary = Recording(frames).summary()
    assert (summary["accepted"], summary["done"], summary["lost"]) == (15, 11, 4)


# ── the file


@pytest.mark.parametrize("frames", [0, 1, 250])
def test_what_is_saved_is_loaded_as_it_was(frames, tmp_path):
    before = recorded(frames, workers=[worker("ada")])
    before.save(tmp_path / "a.recording")
    after = Recording.load(tmp_path / "a.recording")
    assert list(after.frames) == list(before.frames)
    assert repr(after) == repr(before)
    assert after.summary() == before.summary()
    for name in TABLES:
        assert getattr(after, name).equals(getattr(before, name)), name


#: As the first version of the kit stored it, when frames were dicts.
STORED = """\
{"jobqueue_recording":1,"marks":[{"t":0.5,"label":"ada slow","fault":true,"until":null}],\
"first":0,"ends":[1],"left_out":0}
{"t":1.0,"waiting":{"low":1},"pending":{"low":1},"delayed":{"low":1},"dead":1,"done":0,"accepted":4,"lease":4.0,\
"oldest":{"low":0.5},"pel":{"ada":1},"heads":{"low":[["6-0","b",1]]},"cursor":{"low":"5-0"},\
"delayed_jobs":{"low":[["c",1,2.5]]},"letters":[["1-0","d","low","failed"]],"refused":0,"foreign":0,"cancelled":0,\
"discarded":0,"reaped":0,"retried":0,"capacity":{"low":[5,10]},"policy":"","redis":"up","ledger":[{"entry":"5-0",\
"tier":"low","worker":"ada","idle":0.25,"job":"a","attempt":2,"orphan":true}],"workers":[{"name":"ada","state":"dead",\
"pid":42,"running":1,"done":3,"colour":0,"shape":0,"faults":[],"jobs":[]}],"marks":[{"t":0.5,"label":"ada slow",\
"fault":true,"until":null},{"t":1.0,"label":"ben hired","fault":false}]}
[[0.9,"fetched","a","low","5-0","ada",2]]
"""


def test_a_file_of_the_first_version_is_loaded(tmp_path):
    (tmp_path / "old").write_bytes(gzip.compress(STORED.encode()))
    [loaded] = Recording.load(tmp_path / "old").frames
    assert loaded.ledger == loaded.orphans == [PelRow("5-0", "low", "ada", 0.25, "a", 2, orphan=True)]
    assert loaded.workers == [WorkerRow("ada", "dead", 1, 3, pid=42)]
    assert loaded.heads["low"] == [WaitingJob("6-0", "b", 1)] and loaded.delayed_jobs["low"] == [
        DelayedJob("c", 1, 2.5)
    ]
    assert loaded.letters == [BuriedJob("1-0", "d", "low", "failed")] and loaded.capacity == {"low": (5, 10)}
    assert [(mark.lasts, mark.fault) for mark in loaded.marks] == [(True, True), (False, False)]
    assert loaded.events == [Event(0.9, "fetched", "a", "low", "5-0", "ada", 2)]
    assert sum(loaded.places.values()) == loaded.accepted


def test_a_recording_that_has_forgotten_its_oldest_events_is_loaded_as_it_was(tmp_path):
    reel = Reel()
    for number in range(BLOCKS_KEPT + 2):
        reel.append(frame(number), [event(number * BLOCK + each) for each in range(BLOCK)])
    before = Recording(reel, left_out=2 * BLOCK)
    before.save(tmp_path / "long")
    after = Recording.load(tmp_path / "long")
    assert "200,000 events, 2,000 left out" in repr(after)
    assert after.frames[:5] == before.frames[:5] and after.frames[-1] == before.frames[-1]
    assert after.frames[0].events_left_out == BLOCK and after.frames[0].events == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no recording"),
        (b"waiting,pending\n1,2\n", "no recording"),
        (gzip.compress(b"something else\n", mtime=0), "no recording"),
        (gzip.compress(b'{"jobqueue_recording": 99}\n', mtime=0), "it has version 99, and this kit reads 1"),
        (gzip.compress(b'{"jobqueue_recording": 1, "ends": [1, 2]}\n{}\n', mtime=0), "no recording"),
        (gzip.compress(b'{"jobqueue_recording": 1, "ends": [1]}\n7\n', mtime=0), "no recording"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_by_name(content, says, tmp_path):
    (tmp_path / "some.file").write_bytes(content)
    with pytest.raises(BadSetting, match=says) as refused:
        Recording.load(tmp_path / "some.file")
    assert str(tmp_path / "some.file") in str(refused.value)


def test_half_a_file_is_refused_and_so_is_none(tmp_path):
    recorded().save(tmp_path / "whole")
    (tmp_path / "half").write_bytes((tmp_path / "whole").read_bytes()[:-200])
    for name in ("half", "missing"):
        with pytest.raises(BadSetting, match="no recording that can be read"):
            Recording.load(tmp_path / name)


def test_a_recording_is_small(tmp_path):
    ledger = [{"entry": f"{n}-0", "tier": "low", "worker": "ada", "idle": n / 7, "job": f"{n:024x}"} for n in range(60)]
    reel = Reel()
    for number in range(500):
        reel.append(frame(number, ledger=ledger), [])
    assert sum(map(len, reel._frames)) < len(msgspec.json.encode(list(reel))) / 4


def test_a_retry_or_a_replay_is_no_job_run_twice():
    def happened(*names):
        return Recording([frame(events=[{"t": 1.0, "event": name, "job": "a"} | REST for name in names])])

    REST = {"tier": "low", "entry": "1-0", "worker": "ada", "attempt": 1}
    assert happened("fetched", "retried", "fetched", "dead", "replayed", "fetched").summary()["run_twice"] == 0
    assert happened("fetched", "reaped", "fetched", "done").summary()["run_twice"] == 1
