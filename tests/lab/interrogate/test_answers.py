"""The answer of several trials, its storage and its table."""

import json

import pytest

from interrogate_steps import LEASED
from jobqueue.cli import main
from jobqueue.lab.interrogate import frame, load, save
from jobqueue.lab.interrogate.answer import Answer, Trial, sum_up


def test_what_most_trials_said_is_the_answer():
    trials = [Trial("yes", "after 3 s", 3), Trial("gone"), Trial("yes", "after 2 s", 2), Trial("yes", "after 9 s", 9)]
    word, detail = sum_up(trials)
    answer = Answer("toy", "killed", {}, word, detail, trials, within=5)
    assert (answer.summary, answer.detail) == ("yes (3 of 4), gone (1 of 4)", "after 3 s")


def test_answers_are_kept_beside_others_and_loaded_into_pandas(tmp_path):
    first = Answer("toy", "killed", {}, "gone", "", [Trial("gone")], within=5)
    other = Answer("toy", "flood", {"queue": {"full": 5}}, "refused", "", [Trial("refused")], within=5)
    save([first], tmp_path / "kept.json")
    save([other], tmp_path / "kept.json")
    save([Answer("toy", "killed", {}, "yes", "", [Trial("yes")], within=5)], tmp_path / "kept.json")
    table = frame(load(tmp_path / "kept.json"))
    assert table[["question", "settings", "answer"]].values.tolist() == [
        ["flood", "full=5", "refused"],
        ["killed", "as it comes", "yes"],
    ]


@pytest.mark.slow
def test_the_command_prints_a_table_or_json(own, capsys):
    toy = own(LEASED)
    assert main(["interrogate", toy, "--ask", "flood", "--within", "3", "--evidence"]) == 0
    printed = capsys.readouterr().out
    assert "flood" in printed and "as it comes" in printed and "1000 jobs enqueued" in printed
    assert main(["interrogate", toy, "--ask", "flood", "--within", "3", "--json"]) == 0
    [answer] = json.loads(capsys.readouterr().out)
    assert (answer["peer"], answer["question"], answer["word"]) == ("toy", "flood", "no")
    assert main(["interrogate", "--list"]) == 0
    assert "celery" in capsys.readouterr().out
    assert main(["interrogate", "--stored", "rq"]) == 0
    assert "killed" in capsys.readouterr().out
    assert main(["interrogate", "nobody"]) == 2
