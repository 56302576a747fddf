"""Streams that are closed or take no more: an answer that can't be written is an error, and nothing else is."""

import os
import sys

import pytest
from surroundings import COMMANDS, addressed, jobqueue, shell, work_and_drain

STREAMS = {"stdout": ">&-", "stderr": "2>&-", "both": ">&- 2>&-", "all": "<&- >&- 2>&-", "a full stderr": "2>/dev/full"}


@pytest.mark.sampled(7)
@pytest.mark.parametrize("redirected", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("name", ["help", "votes", "enqueue", "a job", "dead list"])
def test_a_closed_stream_is_like_dev_null(name, redirected, redis_url, folder):
    words, code = COMMANDS[name]
    ended = shell(redirected, *addressed(words, redis_url), cwd=folder)
    assert ended.returncode == code
    assert b"Traceback" not in ended.stderr and b"Exception ignored" not in ended.stderr
    if name == "enqueue":
        assert b"accepted 1 " in jobqueue("status", "--url", redis_url).stdout


@pytest.mark.sampled(3)
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("name", ["help", "votes", "status", "dead list", "interrogate"])
def test_an_answer_that_cannot_be_written_is_an_error(name, redis_url, folder):
    ended = shell(">/dev/full", *addressed(COMMANDS[name][0], redis_url), cwd=folder)
    assert (ended.returncode, ended.stderr.count(b"\n")) == (3, 1)
    assert b"the answer couldn't be written: No space left on device" in ended.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_job_whose_id_cannot_be_written_is_not_to_be_enqueued_again(redis_url):
    ended = shell(">/dev/full", "enqueue", "t", "--id", "mine", "--url", redis_url)
    assert ended.returncode == 3
    assert b"The job mine is enqueued: don't enqueue it again" in ended.stderr
    assert b"accepted 1 " in jobqueue("status", "--url", redis_url).stdout


def test_what_we_start_inherits_no_connection_as_its_stdout(redis_url, folder):
    """With stdout closed, a socket would be given its number, and whatever prints there would be sent to Redis."""
    (folder / "mine.py").write_text(
        "import os\ndef echo(job): os.write(1, b'FLUSHALL\\r\\n')\nHANDLERS = {'echo': echo}\n", encoding="utf-8"
    )
    jobqueue("enqueue", "echo", "--id", "mine", "--url", redis_url)
    command = [
        "sh",
        "-c",
        'exec "$@" >&- 2>&-',
        "sh",
        sys.executable,
        "-m",
        "jobqueue.cli",
        "worker",
        "mine:HANDLERS",
        "--url",
        redis_url,
    ]
    work_and_drain(redis_url, command, cwd=folder)
