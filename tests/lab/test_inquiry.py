"""A learner's adapter is tried, and told what is wrong with it; nobody is stuck."""

from html import escape

import pytest

from jobqueue.errors import BadSetting
from jobqueue.lab.interrogate import QUESTIONS, Answer, Trial, find
from jobqueue.lab.interrogate.inquiry import WORKING, adapter, admit, at_hand, confront, matrix

WORKS = WORKING.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text, told",
    [
        ("def enqueue(job:\n", "line 1 is no Python"),
        ("def enqueue(job):\n    pass\n", "it has no work(), a worker"),
        ("def work():\n    pass\n", "it has no enqueue(job)"),
        (WORKS + "# more\n" * 60, "lines, and an adapter has 60 at most"),
        ("def enqueue(job):\n    do(*job.args)\n", "it has no work()"),
        (WORKS.replace("push(json.dumps(job.args))", "do(*job.args)"), "runs a job in its enqueue(job)"),
        (None, "an adapter is a text, not None"),
        (WORKS.replace("push(json", "raise NotImplementedError('1: your turn')  # "), "1: your turn"),
    ],
)
async def test_what_is_wrong_with_an_adapter_is_said(text, told, capsys):
    assert (await admit(text)).path == WORKING
    said = capsys.readouterr().out
    assert "✗ not yet" in said and told in said


async def test_a_worker_s_last_words_have_no_colors(monkeypatch, capsys):
    """A notebook's kernel asks for colors, and from Python 3.13 on, a traceback has them."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert (await admit(WORKS.replace("do(*json.loads(message))", "do(*message)"))).path == WORKING
    said = capsys.readouterr().out
    assert "its worker has ended; TypeError: do() takes" in said and "\x1b" not in said


@pytest.mark.slow
async def test_one_that_answers_is_admitted_and_the_queue_found_out(capsys):
    peer = await admit(WORKS)
    assert peer.path != WORKING and peer.name == "tiny"
    assert "✓ Yours works" in capsys.readouterr().out
    [answer] = await confront([peer], "killed", within=1.0)
    assert answer.word == "not within"
    assert any("the-long-job is still in tiny:working" in line for line in answer.trials[0].evidence)


def test_whoever_has_no_environment_is_left_out(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("JOBQUEUE_PEERS", str(tmp_path))
    assert [peer.name for peer in at_hand("rq")] == ["jobqueue"]
    assert "jobqueue interrogate --setup rq" in capsys.readouterr().out
    assert [peer.name for peer in at_hand("rq", "jobqueue")] == ["jobqueue"]


def test_the_matrix_says_what_was_not_measured():
    yes = Answer("rq", "killed", {}, "yes", "", [Trial("yes")], 20)
    tuned = Answer("rq", "killed", {"job": {"retry": 2}}, "given up", "", [Trial("given up")], 20)
    unasked = Answer("arq", "starvation", {}, "not asked", "", [], 20, documented="it has no priorities")
    table = matrix([yes, tuned, unasked])
    assert table.loc["killed", "rq"] == "yes" and table.loc["killed", "arq"] == "–"
    assert table.loc["starvation", "arq"] == "not measured: it has no priorities"
    assert matrix([yes, tuned, unasked], tuned=True).loc["killed", "rq"] == "given up"
    assert list(table.index) == list(QUESTIONS)
    page = table._repr_html_()
    assert all(escape(question.asks) in page for question in QUESTIONS.values())
    few = table.loc[["killed"]]._repr_html_()
    assert escape(QUESTIONS["killed"].asks) in few and escape(QUESTIONS["flood"].asks) not in few
    assert "not measured: it has no priorities" in table.T._repr_html_()


def test_an_adapter_is_a_file_of_its_own():
    one, two = adapter("a", WORKS), adapter("a", WORKS)
    assert one.path != two.path and find(one.path).name == "a"
    with pytest.raises(BadSetting, match="no Python"):
        adapter("b", "def")
