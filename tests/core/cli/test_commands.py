"""Each command as a shell runs it: what it prints, and its exit code."""

import re
import signal
import time

import pytest

from helpers import eventually
from jobqueue import Queue, Worker


def test_a_job_enqueued_from_the_shell_is_run_by_a_worker_from_the_shell(jobqueue, worker):
    job_id = jobqueue("enqueue", "double", "21", "--priority", "high").stdout.strip()
    told = eventually(lambda: '"done"' in (out := jobqueue("status", job_id).stdout) and out)
    assert '"result": 42' in told
    assert "accepted 1 · done 1 · dead 0" in jobqueue("status").stdout


def test_the_same_id_twice_is_one_job(jobqueue):
    assert {jobqueue("enqueue", "double", "1", "--id", "mine").stdout for _ in range(2)} == {"mine\n"}
    assert re.search(r"normal +1 +0 +0", jobqueue("status").stdout)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_gets_a_signal_drains_even_if_one_of_its_threads_hangs(jobqueue, worker, number):
    jobqueue("enqueue", "hang")
    eventually(lambda: b"started hang" in worker.log.read_bytes())
    worker.send_signal(number)
    assert worker.wait(timeout=10) == 0
    assert b"released hang" in worker.log.read_bytes()
    assert re.search(r"normal +1 +0 +0", jobqueue("status").stdout)


UNKNOWN = {
    "a job without a name, as of an empty variable": (["status", ""], "no job '' is known in the queue jobs"),
    "a job": (["status", "unheard-of"], "no job unheard-of is known in the queue jobs"),
    "a job to cancel": (["cancel", "unheard-of"], "no job unheard-of is known in the queue jobs"),
    "a letter": (["dead", "show", "1-1"], "there is no dead letter 1-1 in the queue jobs"),
    "letters to replay": (["dead", "replay", "1-1", "2-1"], "2 of 2 letters were not replayed"),
    "a letter to discard": (["dead", "discard", "1-1"], "1 of 1 letters were not discarded"),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("words", "said"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_job_or_letter_is_one_line_and_exit_code_1(jobqueue, words, said):
    ended = jobqueue(*words)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"jobqueue {words[0]}: {said}") and ended.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_delayed_job_can_be_cancelled_but_not_one_that_has_ended(jobqueue, worker):
    jobqueue("enqueue", "double", "1", "--id", "later", "--delay", "3600")
    assert re.search(r"normal +0 +0 +1", jobqueue("status").stdout)
    for _ in range(2):
        assert jobqueue("cancel", "later").stdout == "cancelled\n"
    assert '"cancelled"' in jobqueue("status", "later").stdout
    jobqueue("enqueue", "double", "1", "--id", "now")
    eventually(lambda: '"done"' in jobqueue("status", "now").stdout)
    refused = jobqueue("cancel", "now")
    assert (refused.returncode, refused.stdout) == (1, "") and "the job now is done" in refused.stderr


def test_a_full_tier_refuses_at_once_or_after_the_wait(jobqueue):
    full = ["enqueue", "x", "--priority", "low", "--capacity", "high=9,low=0:1"]
    assert jobqueue(*full).returncode == 0
    refused = jobqueue(*full)
    assert refused.returncode == 2 and "the tier low is full: 1 jobs, capacity 1" in refused.stderr
    began = time.monotonic()
    assert jobqueue(*full, "--wait", "1").returncode == 2
    assert time.monotonic() - began > 1


@pytest.mark.slow
def test_the_lease_is_printed_and_set_for_all_workers(jobqueue):
    assert [jobqueue("lease", *words).stdout for words in ([], ["7.5"], [])] == ["30 s\n", "7.5 s\n", "7.5 s\n"]
    assert "lease 7.5 s" in jobqueue("status").stdout
    refused = jobqueue("lease", "0.1")
    assert (refused.returncode, jobqueue("lease").stdout) == (2, "7.5 s\n")
    assert refused.stderr == "jobqueue lease: the lease must be at least 0.5 seconds, not 0.1\n"


def test_the_policy_is_printed_set_and_cleared(jobqueue):
    none = "none: each worker follows its own\n"
    said = [jobqueue("policy", *words).stdout for words in ([], ["aging:5"], [], ["--clear"], [])]
    assert said == [none, "aging:5\n", "aging:5\n", none, none]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "meant"), [("aginng:5", "aging:5"), ("strickt", "strict"), ("weigthed:1/1/1", "weighted:1/1/1")]
)
def test_a_misspelt_policy_is_refused_with_a_suggestion_unless_forced(jobqueue, name, meant):
    refused = jobqueue("policy", name)
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
    assert f"no policy is named '{name}'. Did you mean {meant}?" in refused.stderr
    assert jobqueue("policy").stdout == "none: each worker follows its own\n"
    assert jobqueue("policy", name, "--force").stdout == f"{name}\n"


async def test_a_policy_that_a_worker_knows_needs_no_force(jobqueue, redis_url):
    async with Queue(redis_url) as queue:
        await Worker(queue, {}, policies={"mine": lambda heads: "low"}).run_until_idle()
    assert jobqueue("policy", "mine").stdout == "mine\n"
    assert "no policy is named 'mien'" in jobqueue("policy", "mien").stderr


def test_a_policys_name_that_is_too_long_is_refused_even_if_forced(jobqueue):
    refused = jobqueue("policy", "p" * 201, "--force")
    assert refused.returncode == 2 and "1 to 200 characters" in refused.stderr
