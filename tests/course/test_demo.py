"""`jobqueue demo`: workers are killed before your eyes, and the account at the end is right."""

import asyncio
import os
import re
import subprocess
import sys

import pytest


async def run_demo(*options):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jobqueue.cli", "demo", *options, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode()


@pytest.mark.slow
async def test_the_demo_ends_with_every_result_right():
    code, out = await run_demo()
    *_, last = out.strip().splitlines()
    accepted, done, twice, lost = map(
        int, re.fullmatch(r"accepted (\d+) · done (\d+) · run twice (\d+) · lost (\d+)", last).groups()
    )
    assert (code, done, lost) == (0, accepted, 0)
    assert accepted > 100 and 1 <= twice <= 8
    assert "kill -9" in out and "reaped" in out


@pytest.mark.slow
async def test_the_demo_without_a_reaper_says_that_the_orphans_stay():
    code, out = await run_demo("--no-reaper")
    assert code == 1
    [stay] = re.findall(r"(\d+) jobs stay pending under a dead worker", out)
    assert int(stay) > 0
    assert re.search(rf" · unsettled {stay} · run twice 0 · lost 0$", out.strip())


@pytest.mark.slow
def test_the_demo_says_in_one_line_that_its_redis_went_away(redis_url, sandbox):
    command = [sys.executable, "-m", "jobqueue.cli", "demo"]
    environment = os.environ | {"JOBQUEUE_REDIS_URL": redis_url}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        try:
            while b"3 workers" not in demo.stdout.readline():
                assert demo.poll() is None
            sandbox.kill()
            _, complaint = demo.communicate(timeout=60)
        finally:
            demo.kill()
    assert demo.returncode == 2 and complaint.count(b"\n") == 1
    assert complaint.startswith(b"jobqueue demo: no answer from Redis at unix://")
