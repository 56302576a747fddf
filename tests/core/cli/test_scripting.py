"""What scripts and supervisors need of the command: JSON, exit codes, completion, and old letters gone by their age."""

import importlib.metadata
import json
import re
import subprocess
import sys
from argparse import ArgumentTypeError

import pytest

from helpers import eventually
from jobqueue.cli.values import parse_age


def test_the_version_is_that_of_the_package(jobqueue):
    command = [sys.executable, "-m", "jobqueue.cli", "--version"]
    shown = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert (shown.returncode, shown.stdout) == (0, f"jobqueue {importlib.metadata.version('jobqueue-kit')}\n")


def test_the_whole_queue_as_json_says_what_the_table_says(jobqueue):
    jobqueue("enqueue", "double", "1", "--priority", "high")
    jobqueue("enqueue", "double", "1", "--delay", "60")
    shown = json.loads(jobqueue("status", "--json").stdout)
    assert shown["tiers"]["high"].pop("oldest") > 0
    assert shown["tiers"]["high"] == {"waiting": 1, "pending": 0, "delayed": 0}
    assert shown["tiers"]["normal"] == {"waiting": 0, "pending": 0, "delayed": 1, "oldest": None}
    assert (shown["queue"], shown["accepted"], shown["workers"], shown["lease"], shown["policy"]) == (
        "jobs", 2, 0, 30.0, None,
    )  # fmt: skip


def test_a_queue_is_healthy_with_a_worker_and_without_a_job_that_waits_too_long(jobqueue, worker):
    assert (
        eventually(lambda: (checked := jobqueue("status", "--check")).returncode == 0 and checked).stdout == "healthy\n"
    )
    worker.kill()
    jobqueue("enqueue", "double", "1", "--priority", "low")
    late = jobqueue("status", "--check", "0")
    assert late.returncode == 1 and late.stderr == ""
    assert re.fullmatch(r"unhealthy: a low job has waited for \d+\.\d s, more than 0 s\n", late.stdout)


@pytest.mark.slow
def test_without_a_worker_a_queue_is_unhealthy_and_without_redis_it_cannot_be_checked(jobqueue):
    checked = jobqueue("status", "--check")
    assert (checked.returncode, checked.stdout) == (1, "unhealthy: no worker has been heard of within a lease\n")
    away = jobqueue("status", "--check", url="redis://127.0.0.1:1")
    assert (away.returncode, away.stdout) == (2, "")


async def test_old_letters_go_and_new_ones_stay_however_many_there_are(queue, jobqueue):
    seconds, _ = await queue.redis.time()
    week = 7 * 86_400
    for number in range(205):
        await queue.redis.xadd(queue.keys.dead, {"id": ""}, f"{(seconds - week - 300 + number) * 1000}-0")
    for number in range(5):
        await queue.redis.xadd(queue.keys.dead, {"id": ""}, f"{(seconds - week + 60 + number) * 1000}-0")
    assert jobqueue("dead", "discard", "--older-than", "7d").stdout == "discarded 205\n"
    assert await queue.redis.xlen(queue.keys.dead) == 5


@pytest.mark.slow
def test_letters_all_and_an_age_exclude_each_other(jobqueue):
    refused = jobqueue("dead", "discard", "--all", "--older-than", "7d")
    assert refused.returncode == 2 and "name the letters, or say --all or --older-than" in refused.stderr


@pytest.mark.parametrize("text", ["7", "d", "", "-1d", "1.5h", "7w", "²d"])
def test_an_age_has_a_whole_number_and_a_unit(text):
    assert [parse_age(age) for age in ("0s", "30m", "12h", "7d")] == [0, 1800, 43_200, 604_800]
    with pytest.raises(ArgumentTypeError, match="such as 7d"):
        parse_age(text)


def test_the_shell_completes_our_words(jobqueue, tmp_path):
    pytest.importorskip("shtab")
    command = [sys.executable, "-m", "jobqueue.cli", "completion", "bash"]
    script = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    (tmp_path / "completion").write_text(script.stdout, encoding="utf-8")
    ask = """
        source completion
        type=$(complete -p jobqueue); complete_with=${type#*-F }; complete_with=${complete_with%% *}
        complete_words() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            $complete_with jobqueue "${@: -1}"
            echo "${COMPREPLY[@]}"
        }
        complete_words jobqueue sta
        complete_words jobqueue dead dis
        complete_words jobqueue status --ch
    """
    completed = subprocess.run(["bash", "-c", ask], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)
    assert completed.stdout.split() == ["status", "discard", "--check"], completed.stderr
