import fcntl
import json
import os

import pytest

from helpers import python
from jobqueue.errors import BadSetting
from jobqueue.lab.votes import votes
from jobqueue.lab.votes.panel import vote
from jobqueue.lab.votes.votes import VERSION, read

OPTIONS = {"A": "They are lost", "B": "They go back", "C": "They stay `pending`", "D": "They fail"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the learner's notebook is; no kernel has run yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOBQUEUE_VOTES", raising=False)
    restart_kernel()
    yield tmp_path
    restart_kernel()


def restart_kernel():
    votes.votes_in.cache_clear()


def ask(vote_id="02-orphans", **options):
    return vote(vote_id, "What becomes of them?", **OPTIONS | {"answer": "C"} | options)


def kept(folder):
    return json.loads((folder / "votes.json").read_text(encoding="utf-8"))["votes"]


def test_every_answer_is_kept_with_its_time(folder):
    asked = ask()
    for letter in "ABB":
        asked.choose(letter)
    entry = kept(folder)["02-orphans"]
    assert [answer["chose"] for answer in entry["answers"]] == ["A", "B"]
    assert all(answer["at"].endswith("+00:00") for answer in entry["answers"])
    assert (entry["question"], entry["options"]) == ("What becomes of them?", OPTIONS)


def test_a_cell_run_again_shows_what_was_chosen_and_asks_nothing(folder):
    ask().choose("A")
    before = (folder / "votes.json").read_bytes()
    assert ask().chosen == "A"
    restart_kernel()
    assert ask().chosen == "A"
    assert (folder / "votes.json").read_bytes() == before


def test_two_notebooks_of_a_folder_share_the_file(folder):
    ask().choose("A")
    restart_kernel()
    ask("03-reaper").choose("B")
    assert {vote_id: entry["answers"][-1]["chose"] for vote_id, entry in kept(folder).items()} == {
        "02-orphans": "A", "03-reaper": "B"
    }  # fmt: skip
    assert [path.name for path in folder.iterdir()] == ["votes.json"]


VOTER = """
import sys
from pathlib import Path
from jobqueue.lab.votes.votes import Votes

votes = Votes(Path(sys.argv[1]) / "votes.json")
input()
for number in range(40):
    votes.answer(f"{sys.argv[2]}-{number}", "?", {"A": "a", "B": "b"}, "A")
    votes.answer("all", "?", {"A": "a", "B": "b"}, "B")
"""


def test_notebooks_that_vote_at_once_lose_nothing(folder):
    with python(VOTER, str(folder), "one") as one, python(VOTER, str(folder), "two") as two:
        for voter in (one, two):
            voter.stdin.write("\n")
            voter.stdin.close()
        assert [voter.wait(timeout=60) for voter in (one, two)] == [0, 0]
    votes = kept(folder)
    assert {f"{voter}-{number}" for voter in ("one", "two") for number in range(40)} | {"all"} == set(votes)
    assert len(votes["all"]["answers"]) == 80
    assert [path.name for path in folder.iterdir()] == ["votes.json"]


def test_a_kernel_that_hangs_while_it_writes_keeps_no_other_from_voting(folder, monkeypatch):
    monkeypatch.setattr(votes, "LOCK_SECONDS", 0.1)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        ask().choose("A")
    finally:
        os.close(handle)
    assert kept(folder)["02-orphans"]["answers"][0]["chose"] == "A"


def test_nothing_gives_the_answer_away_before_it_is_revealed(folder):
    asked = ask()
    asked.choose("A")
    assert "C" not in {value for key, value in asked.get_state().items() if isinstance(value, str)}
    assert kept(folder)["02-orphans"]["right"] == ""
    asked.reveal()
    assert (asked.shown, kept(folder)["02-orphans"]["right"]) == ("C", "C")
    first = kept(folder)["02-orphans"]["revealed"]
    assert first
    asked.reveal()
    assert kept(folder)["02-orphans"]["revealed"] == first


def test_what_is_revealed_is_no_grade(folder):
    asked = ask()
    asked.choose("A")
    said = str(asked.reveal("they stay"))
    assert said == ("you said A: They are lost\nit did C: they stay\n✗ It surprised you. Good: that's how we learn.")
    asked.choose("C")
    assert str(asked.reveal()).splitlines() == [
        "you said A, then C: They stay `pending`",
        "it did C: They stay `pending`",
        "✓ You changed your mind, and you were right.",
    ]
    other = ask("02-again")
    other.choose("C")
    assert str(other.reveal()).endswith("✓ You saw it coming.")
    assert "<code>pending</code>" in asked.reveal()._repr_html_()


def test_words_are_shown_as_they_are_written(folder):
    asked = ask(A="<b>&")
    asked.choose("A")
    assert "&lt;b&gt;&amp;" in asked.reveal()._repr_html_()
    assert "A  <b>&" in asked._repr_mimebundle_()[0]["text/plain"]


def test_the_answer_may_be_given_when_it_is_revealed_alone(folder):
    asked = vote("x", "?", A="a", B="b")
    asked.choose("A")
    with pytest.raises(BadSetting, match="one of A, B, not None"):
        asked.reveal()
    assert "it did B: it did" in str(asked.reveal("it did", answer="B"))


def test_without_a_vote_the_outcome_is_kept_back_until_you_vote_or_run_the_cell_again(folder):
    asked = ask()
    first = asked.reveal("they stay")
    assert str(first) == (
        "Answer first: choose A, B, C or D in the vote above, then run this cell again. "
        "To see the outcome without voting, just run it again."
    )
    for told in (str(first), first._repr_html_(), asked.shown):
        assert "they stay" not in told and OPTIONS["C"] not in told and "it did" not in told
    assert not (folder / "votes.json").exists()
    assert str(asked.reveal("they stay")) == "you said nothing; it did C: they stay"
    asked.choose("A")
    assert str(asked.reveal("they stay")).startswith("you said A")


def test_a_vote_that_came_late_is_held_against_the_outcome_at_once(folder):
    asked = ask()
    asked.reveal("they stay")
    asked.choose("C")
    assert str(asked.reveal("they stay")).endswith("✓ You saw it coming.")


@pytest.mark.parametrize("wrong", [{"answer": "E"}, {"A": "only one"}])
def test_a_vote_that_makes_no_sense_is_refused(folder, wrong):
    with pytest.raises(BadSetting, match="two options or more"):
        vote("x", "?", **wrong)


def test_a_letter_that_is_no_option_is_refused(folder):
    with pytest.raises(BadSetting, match="'E' is no option of this vote: A, B, C, D"):
        ask().choose("E")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"votes": {"02-orphans": 3}}', b"\xff"])
def test_a_broken_file_is_set_aside(folder, content):
    (folder / "votes.json").write_bytes(content)
    asked = ask()
    assert asked.chosen == ""
    asked.choose("B")
    assert kept(folder)["02-orphans"]["answers"][0]["chose"] == "B"
    assert (folder / "votes.broken.json").read_bytes() == content


def test_a_file_of_a_later_version_is_set_aside_too(folder):
    later = json.dumps({"version": VERSION + 1, "votes": {}})
    (folder / "votes.json").write_text(later, encoding="utf-8")
    with pytest.raises(ValueError, match="this kit reads version 1"):
        read(folder / "votes.json")
    ask().choose("B")
    assert (folder / "votes.broken.json").read_text(encoding="utf-8") == later


def test_a_file_that_cannot_be_written_stops_nothing(folder):
    (folder / "votes.json").mkdir()  # not even root can write that
    asked = ask()
    asked.choose("A")
    assert asked.note == "not kept: votes.json: Is a directory"
    assert (ask().chosen, str(ask().reveal()).splitlines()[0]) == ("A", "you said A: They are lost")
    assert [path.name for path in folder.iterdir()] == ["votes.json"]
    (folder / "votes.json").rmdir()
    asked.choose("B")
    assert asked.note == "kept in votes.json, next to this notebook"
    assert [answer["chose"] for answer in kept(folder)["02-orphans"]["answers"]] == ["A", "B"]


def test_under_test_nothing_is_read_or_written(folder, monkeypatch):
    ask().choose("A")
    monkeypatch.setenv("JOBQUEUE_VOTES", "off")
    restart_kernel()
    before = (folder / "votes.json").read_bytes()
    asked = ask()
    assert (asked.chosen, asked.note) == ("", "")
    asked.choose("D")
    assert ask().chosen == "D"  # in this kernel
    assert (folder / "votes.json").read_bytes() == before


def test_an_answer_to_options_that_are_no_more_does_not_count(folder):
    ask().choose("D")
    restart_kernel()
    assert vote("02-orphans", "?", A="a", B="b").chosen == ""
