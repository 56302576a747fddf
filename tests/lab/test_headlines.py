"""The headlines of pictures as functions of the state, with the states in which they were wrong."""

import pytest

from frames import frame
from jobqueue.lab.pictures.lanes.lanes import Lanes
from jobqueue.lab.pictures.machine.machine import Machine
from jobqueue.lab.pictures.machine.values import values
from jobqueue.lab.pictures.overview.picture import Overview
from jobqueue.lab.pictures.overview.words import check, finding
from machine_story import fold
from pages import view_of

ADA, BEN = ({"name": name, "state": "running", "program": True, "pid": 7} for name in ("ada", "ben"))
CURSOR = {"cursor": {"normal": "9-0"}}


def pending(*holders: str, **more) -> dict:
    """Entries pending under these names, in turn."""
    rows = [{"entry": f"{i}-0", "worker": name, "job": f"{i}-0"} | more for i, name in enumerate(holders, 1)]
    by_name = {name: holders.count(name) for name in holders}
    return {"ledger": rows, "pending": {"normal": len(rows)}, "pel": by_name, "lease": 4.0} | CURSOR


@pytest.mark.parametrize(
    ("state", "title"),
    [
        # Lesson 01: a learner's own loop reads with XRANGE. "6 jobs waiting, and no worker to fetch them" was false.
        ({"waiting": {"normal": 6}}, "6 entries in the stream, none delivered yet"),
        ({"waiting": {"normal": 4}, "workers": [ADA]}, "4 entries in the stream, none delivered yet"),
        # Lesson 02: one of nine is acknowledged and not deleted. "3 jobs waiting" counted it.
        (
            pending("ada", "ada", "ada", "ben", "ben", "ben") | {"waiting": {"normal": 2}, "kept": {"normal": 1}},
            "6 entries pending under ada and ben, 2 waiting",
        ),
        # After DELCONSUMER: "8 jobs waiting", and no worker would ever get them.
        (CURSOR | {"kept": {"normal": 8}}, "Nothing waits or is pending; 8 entries are left over"),
        (CURSOR | {"kept": {"normal": 1}}, "Nothing waits or is pending; 1 entry is left over"),
        # Lesson 04: Ada has acknowledged, and writes. "1 worker at work" stood next to a card that said idle.
        (CURSOR | {"waiting": {"normal": 2}, "workers": [ADA]}, "2 entries waiting, none pending"),
        (CURSOR | {"workers": [ADA]}, "Nothing waits, nothing is pending"),
        # Names that are no processes have no worker that could be alive.
        (pending("ada", "ben", idle=9.0), "2 leases ran out: no process is behind ada and ben"),
        (pending("ada", idle=9.0) | {"workers": [ADA]}, "1 lease ran out, though the worker is alive"),
    ],
)
def test_entries_of_your_own_are_told_as_what_they_are(state, title):
    told = frame(**state)
    assert finding(told, []) == title
    assert view_of(Machine, [told]).values()["finding"] == title
    assert view_of(Overview, [told]).values()["finding"] == title


def test_a_function_of_your_own_is_never_called_idle_and_has_done_nothing_that_the_kit_counts():
    """A card said "idle, nothing to run" of Ada, who was writing a letter, and "done 0"."""
    told = frame(**CURSOR, workers=[ADA, BEN | {"running": 2}])
    cards = values(fold([told]))
    assert [cards[f"card{i}.state"] for i in (0, 1)] == ["running your code", "running your code, holds 2"]
    assert "done" not in cards["card0.facts"]
    overview = view_of(Overview, [told]).values()
    assert [overview[f"card{i}.state"] for i in (0, 1)] == ["running your code", "running your code, holds 2"]
    assert overview["card0.done"] == ""
    assert [view_of(Lanes, [told]).values()[f"lane{i}.state"] for i in (0, 1)] == ["your code", "your code, holds 2"]


@pytest.mark.parametrize(
    ("state", "sign", "title"),
    [
        ({"accepted": 3, "done": 3}, "✓", "All 3 accepted jobs are done"),
        ({"accepted": 1, "done": 1}, "✓", "1 accepted job is done"),
        ({"accepted": 3, "done": 2, "cancelled": 1}, "✓", "2 accepted jobs are done, 1 thrown away"),
        ({"accepted": 3, "done": 1, "dead": 1, "discarded": 1}, "✓", "1 accepted job is done, 1 dead, 1 thrown away"),
        ({"accepted": 2, "foreign": 1, "done": 2, "dead": 1}, "✓", "All 2 accepted jobs are done, 1 dead"),
        ({"accepted": 3, "done": 2}, "✗ off by 1", "Nothing waits, nothing is pending"),
        ({"accepted": 2, "done": 1, "delayed": {"low": 1}}, "✓", "1 job delayed, no worker hired"),
        ({"accepted": 1, "waiting": {"low": 1}}, "✓", "1 job waiting, and no worker to fetch it"),
        ({"waiting": {"normal": 3}}, "", "3 entries in the stream, none delivered yet"),
    ],
)
def test_the_account_knows_each_place_that_a_job_can_go(state, sign, title):
    told = frame(**state)
    assert (check(told), finding(told, [])) == (sign, title)


def test_what_is_left_in_a_stream_is_told_below_its_tape():
    told = values(fold([frame(**CURSOR, kept={"normal": 3})]))
    assert (told["normal.state"], told["low.state"]) == ("+3 neither waiting nor pending", "")
    assert (told["done"], told["again"], told["flow"]) == ("done", "", "entries of your own, added without the kit")
