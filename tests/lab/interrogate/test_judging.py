"""The harness tells the truth about queues that we know."""

import pytest

from interrogate_steps import LEASED, POPPED, words
from jobqueue.errors import BadSetting
from jobqueue.lab.interrogate import ask

#: A queue that lists its dead jobs only when no job is left anywhere.
SLOW_DEAD = """
def dead():
    while redis.llen("jobs") + redis.llen("at work"):
        time.sleep(0.01)
"""


@pytest.mark.slow
async def test_of_a_queue_that_pops_first_it_finds_what_is_lost(popped):
    answers = await ask(popped, "killed", "in_transit", "corrupt", "lease")
    assert words(answers) == {
        ("killed", False): "gone",
        ("in_transit", False): "gone",
        ("corrupt", False): "worker dies",
        ("lease", False): "not asked",
    }
    assert any("in no key" in line for line in answers[0].trials[0].evidence)
    assert not answers[-1].measured and answers[-1].documented


@pytest.mark.slow
async def test_of_a_queue_that_has_leases_it_finds_what_is_run_again_and_what_is_run_twice(own):
    toy = own(LEASED)
    [slow] = await ask(toy, "killed", within=3, settings="default")
    killed, busy = await ask(toy, "killed", "busy", settings="tuned")
    [fails] = await ask(toy, "fails")
    assert (slow.summary, killed.summary, busy.summary, fails.summary) == ("not within 3 s", "yes", "twice", "kept")
    assert killed.trials[0].figure > 2
    assert fails.detail == "run once; in a list; replayed"


@pytest.mark.slow
async def test_a_job_that_was_run_again_while_the_dead_were_asked_for_is_not_lost(own):
    slow = LEASED.replace('"lease": 2', '"lease": 4').replace("def dead():\n", SLOW_DEAD)
    [answer] = await ask(own(slow), "killed", settings="tuned")
    assert (answer.word, answer.trials[0].figure) == ("yes", pytest.approx(4, abs=1.5))


async def test_a_queue_that_runs_nothing_is_not_said_to_lose_everything(own):
    with pytest.raises(BadSetting, match="doesn't run even a plain job: its worker has ended; ZeroDivisionError"):
        await ask(own(LEASED.replace("def work():", "def work():\n    1 / 0")), "killed")
    with pytest.raises(BadSetting, match="cannot enqueue: ModuleNotFoundError"):
        await ask(own("import no_such_library"), "killed")


#: The smallest queue with priorities: a list for each.
TIERED = POPPED.replace('rpush("jobs"', "rpush(job.tier").replace('"jobs"', '["high", "normal", "low"]')


@pytest.mark.slow
async def test_an_adapter_that_ignores_the_tier_is_told_so_and_not_praised(own, popped):
    [alike] = await ask(popped, "starvation")
    assert (alike.summary, alike.trials[0].figure) == ("no priorities", pytest.approx(0, abs=0.5))
    assert alike.detail.startswith("its adapter doesn't use job.tier; after 0 of 400 high ones, ")
    [strict] = await ask(own(TIERED), "starvation")
    assert strict.word == "no" and strict.detail.startswith("after all 400 high ones, ")
