"""Real queues are really asked, and answer as the stored table says."""

import pytest

from interrogate_steps import words
from jobqueue.lab.interrogate import QUESTIONS, ask, known, load
from jobqueue.lab.interrogate.peer import PINS

ASYNCIO = "arq"


@pytest.mark.slow
async def test_rq_is_really_interrogated():
    [killed] = await ask("rq", "killed", within=3, settings="default")
    assert killed.summary == "not within 3 s"  # a minute at least, and a maintenance
    answers = await ask("rq", "stopped", "poison", "corrupt", settings="default")
    assert words(answers) == {
        ("stopped", False): "finished",
        ("poison", False): "given up",
        ("corrupt", False): "worker dies",
    }
    assert answers[0].versions["rq"] in PINS["rq"][0]


@pytest.mark.slow
async def test_an_asyncio_peer_is_really_interrogated():
    [killed] = await ask(ASYNCIO, "killed", within=3, settings="default")
    assert killed.summary == "not within 3 s"
    answers = await ask(ASYNCIO, "stopped", "in_transit", "fails", settings="default")
    assert words(answers) == {
        ("stopped", False): "yes",
        ("in_transit", False): "yes",
        ("fails", False): "kept",
    }


@pytest.mark.slow
async def test_the_kit_answers_as_it_promises():
    assert words(await ask("jobqueue", "killed", settings="tuned")) == {("killed", True): "yes"}
    answers = await ask("jobqueue", "in_transit", "flood", "corrupt")
    assert words(answers) == {
        ("in_transit", False): "yes",
        ("flood", False): "no",
        ("flood", True): "refused",
        ("corrupt", False): "yes",
    }


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(known()) - {"blpop"}))
async def test_everyone_answers_as_the_stored_table_says(name):
    quick = ("killed", "stopped", "in_transit", "lease", "fails", "corrupt")
    stored = {(one.question, one.setting): one for one in load() if one.peer == name}
    for answer in await ask(name, *quick, within=20):
        kept = stored[answer.question, answer.setting]
        if "not within" not in (answer.word, kept.word):  # that took longer than we wait here
            assert answer.word in {trial.word for trial in kept.trials} | {kept.word}, answer


def test_every_question_was_asked_three_times_for_the_stored_table():
    answers = load()
    assert {(one.peer, one.question) for one in answers} == {(p, q) for p in {*PINS, "jobqueue"} for q in QUESTIONS}
    assert {one.peer for one in answers if one.measured and (len(one.trials) < 3 or one.within < 100)} == set()


def test_the_stored_table_is_of_the_pinned_versions():
    answers = load()
    assert {(one.peer, one.question) for one in answers} <= {(p, q) for p in {*PINS, "jobqueue"} for q in QUESTIONS}
    for answer in answers:
        pins = (pin.split("==") for pin in PINS.get(answer.peer, ()))
        assert answer.versions == {name.split("[")[0]: number for name, number in pins} or answer.peer == "jobqueue"
        assert answer.word != "failed"
        assert bool(answer.documented) or answer.measured
        assert answer.server or not answer.measured
