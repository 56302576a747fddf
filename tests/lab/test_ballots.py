"""`jobqueue votes`: a room's histogram, whatever is wrong with one learner's file."""

import json

import pytest

from jobqueue.cli import main
from jobqueue.lab.votes.ballots import tally
from jobqueue.lab.votes.votes import Ballot, Votes, read

OPTIONS = {"A": "They are lost", "B": "They `stay`", "C": "They move [on]"}


def ballot(*letters, right="", after=()):
    """One learner's votes.json, who said `letters`, was then shown that `right` is right, and then said `after`."""
    said = [{"chose": letter, "at": f"2026-11-24T09:00:{second:02}+00:00"} for second, letter in enumerate(letters)]
    said += [{"chose": letter, "at": f"2026-11-24T10:00:{second:02}+00:00"} for second, letter in enumerate(after)]
    asked = {"question": "What becomes of them?", "options": OPTIONS, "answers": said}
    asked |= {"right": right, "revealed": "2026-11-24T09:30:00+00:00" if right else ""}
    return {"version": 1, "votes": {"02-orphans": asked}}


@pytest.fixture
def room(tmp_path):
    """`room(one, another)` writes their files to a folder, and returns it."""

    def write(*ballots):
        for number, one in enumerate(ballots):
            (tmp_path / f"{number}.json").write_text(one if isinstance(one, str) else json.dumps(one), encoding="utf-8")
        return tmp_path

    return write


def counted(folder):
    return tally(read(path) for path in sorted(folder.glob("*.json")))["02-orphans"]


def test_first_and_last_votes_are_counted_apart(room):
    question = counted(room(ballot("A"), ballot("A", "C", "B"), ballot("B", "B"), ballot()))
    assert (question.first, question.last) == ({"A": 2, "B": 1}, {"A": 1, "B": 2})
    assert (question.voters, question.changed) == (3, 1)


def test_what_is_said_once_the_answer_was_shown_is_no_prediction(room):
    question = counted(room(ballot("A", right="B", after="B"), ballot(right="B", after="B")))
    assert (question.first, question.last, question.right) == ({"A": 1}, {"A": 1}, "B")


def test_a_letter_that_is_no_option_is_not_counted(room):
    assert counted(room(ballot("X", "A"))).first == {"A": 1}


def test_what_a_learners_own_votes_wrote_is_counted(tmp_path):
    votes = Votes(tmp_path / "votes.json")
    votes.answer("02-orphans", "What becomes of them?", OPTIONS, "C")
    assert tally([read(votes.path)])["02-orphans"].first == {"C": 1}
    assert tally([Ballot()]) == {}


def test_the_histogram_has_bars_the_right_answer_and_what_to_do_about_the_room(room, capsys):
    folder = room(ballot("A", "B", right="B"), ballot("B"), ballot("C"), ballot("B"))
    assert main(["votes", str(folder)]) == 0
    printed = capsys.readouterr().out
    lines = {line[2]: line for line in printed.splitlines() if line[2:4] in ("A ", "B ", "C ")}
    assert [lines[letter][0] for letter in "ABC"] == [" ", "✓", " "]
    assert lines["B"].count("█") > lines["A"].count("█") > 0
    assert "They stay" in lines["B"] and "They move [on]" in lines["C"]
    assert "4 voted · 1 of them changed their mind" in printed
    assert "50% right at first: discuss in pairs, and vote again" in printed


def test_a_broken_file_is_named_and_the_others_are_counted(room, capsys):
    folder = room(ballot("A"), '{"version": 1, "vot', '{"version": 99, "votes": {}}', "[1]")
    assert main(["votes", *map(str, sorted(folder.glob("*.json"))), str(folder / "missing.json")]) == 0
    printed = capsys.readouterr()
    assert "ballots: 1 · questions: 1" in printed.out
    errors = printed.err.splitlines()
    assert [f"{n}.json is left out" in line for n, line in enumerate(errors[:3], 1)] == [True] * 3
    assert "missing.json is left out: No such file" in errors[3]


def test_a_file_that_was_handed_in_twice_counts_once(room, capsys):
    folder = room(ballot("A", "B", "C"), ballot("A", "B", "C"), ballot("B", "C", "A"))
    assert main(["votes", str(folder)]) == 0
    printed = capsys.readouterr()
    assert "ballots: 2 " in printed.out and "1.json is left out: it is a copy of" in printed.err


def test_two_learners_who_said_the_same_in_the_same_second_are_two(room):
    assert main(["votes", str(room(ballot("A"), ballot("A")))]) == 0
    assert counted(room()).first == {"A": 2}


def test_with_nothing_to_read_the_answer_is_no_and_says_so(room, tmp_path, capsys):
    assert main(["votes", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"jobqueue votes: no votes in {tmp_path}. Name learners' ")
    assert main(["votes", str(room("nothing", {"name": "somebody's package.json"}))]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 3 and errors[1].endswith("1.json is left out: there are no votes in it")


def test_a_folder_with_one_for_each_learner_is_looked_through(tmp_path, capsys):
    for learner in ("ada", "ben", ".ipynb_checkpoints"):
        (tmp_path / learner).mkdir()
        (tmp_path / learner / "votes.json").write_text(json.dumps(ballot("A")), encoding="utf-8")
    assert main(["votes", str(tmp_path)]) == 0
    assert "ballots: 2 · questions: 1" in capsys.readouterr().out
