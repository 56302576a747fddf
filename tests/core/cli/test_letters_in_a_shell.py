"""Dead letters in a shell: a table or JSON, one letter in full, replayed and discarded."""

import json
import re

import pytest


def test_dead_letters_are_listed_as_a_table_and_as_json(jobqueue, letters):
    listed = jobqueue("dead", "list")
    head, *rows = listed.stdout.splitlines()
    assert head.split() == ["letter", "job", "tier", "task", "reason", "replays", "error"]
    assert [row.split()[0] for row in rows] == letters
    assert re.search(r"job-1 +normal +fail +failed +0 +ValueError: \\x1b\[31mred\\n", rows[0])
    assert listed.stderr == ""
    page = jobqueue("dead", "list", "--json", "--limit", "1", "--after", letters[0])
    [found] = json.loads(page.stdout)
    assert (found["letter"], found["payload"], len(found["history"])) == (letters[1], {"n": 2}, 1)


def test_a_page_says_how_to_ask_for_the_next(jobqueue, letters):
    assert jobqueue("dead", "list", "--limit", "2").stderr == f"there may be more: --after {letters[1]}\n"


def test_a_letter_is_shown_in_full_without_control_characters(jobqueue, letters):
    shown = jobqueue("dead", "show", letters[0]).stdout
    for line in (
        "job_id   job-1",
        'payload  {"n":1}',
        "reason   failed",
        "attempt 1 failed at ",
        "Traceback (most rec",
    ):
        assert f"\n{line}" in shown
    assert "\x1b" not in shown
    foreign = jobqueue("dead", "show", letters[2]).stdout
    assert r"field b'\xff': b'not ours'" in foreign and "job_id   –" in foreign
    assert json.loads(jobqueue("dead", "show", letters[2], "--json").stdout)["raw"] == ["/w==", "bm90IG91cnM="]


@pytest.mark.slow
def test_letters_are_replayed_and_discarded_one_or_all(jobqueue, letters):
    part = jobqueue("dead", "replay", letters[0], letters[2])
    assert (part.returncode, part.stdout) == (1, "replayed 1\n") and "1 of 2 letters were not replayed" in part.stderr
    assert '"waiting"' in jobqueue("status", "job-1").stdout
    assert jobqueue("dead", "replay", "--all").stdout == "replayed 1\n"
    assert jobqueue("dead", "discard", letters[2]).stdout == "discarded 1\n"
    for verb in ("replay", "discard"):
        none = jobqueue("dead", verb, "--all")
        assert (none.returncode, none.stdout) == (0, f"{verb}ed 0\n")
    assert "accepted 2 · done 0 · dead 0" in jobqueue("status").stdout
