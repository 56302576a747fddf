"""Nothing is printed raw: what an ID, an error or a name holds commands no terminal and forges no line of a log."""

import asyncio
import contextlib
import json
import logging
import re
import signal
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import eventually
from jobqueue import Queue, Worker
from jobqueue.cli import main
from jobqueue.printable import escape_html, printable, printable_json, printable_lines

#: A line end, ESC, the 8-bit CSI, a bidi override, DEL, and a line separator.
WILD = "a\n2026-01-01 I done\r\x1b[31m\x9b31m\u202ecba\x7f\u2028z"


def is_tame(text):
    return all(unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cs") for c in text)


@given(st.text())
def test_every_text_becomes_one_tame_line(text):
    assert is_tame(printable(text))
    assert is_tame(escape_html(text).replace("\n", "").replace("\t", ""))


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_stays_json_and_loses_nothing(value):
    for encoding in ("utf-8", "ascii", "latin-1"):
        text = printable_json(value, encoding)
        assert json.loads(text) == value
        assert is_tame(text.replace("\n", ""))
        text.encode(encoding)


def test_lines_are_indented_so_that_none_passes_for_another_record():
    assert printable_lines("one\ntwo\x1b", "    ") == "    one\n    two\\x1b"


def jobqueue(*words, url, **options):
    command = [sys.executable, "-m", "jobqueue.cli", *words, "--url", url]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, **options)


@pytest.fixture
def wild(redis_url):
    """A queue that holds wild names wherever a name can stand; yields its dead letter's ID."""

    def fail(job):
        raise ValueError(WILD)

    async def fill():
        async with Queue(redis_url) as queue:
            await queue.enqueue(WILD, {WILD: WILD}, job_id=WILD, max_attempts=1)
            await Worker(queue, {WILD: fail}, name=f"w{WILD}"[:20]).run_until_idle()
            await queue.enqueue("t", job_id=f"2{WILD}")
            await queue.redis.hset(queue.keys.settings, "policy", WILD)
            return next(letter.letter for letter in await queue.dead.list())

    return asyncio.run(fill())


def test_no_command_prints_it_raw(redis_url, wild, capsys):
    """In this process: starting Python for each command would take ten times as long as all of them."""
    asked = [
        ["enqueue", "t", "--id", WILD], ["status"], ["status", WILD], ["status", f"no{WILD}"], ["cancel", WILD],
        ["cancel", f"no{WILD}"], ["policy"], ["policy", WILD], ["policy", WILD, "--force"], ["dead", "list"],
        ["dead", "list", "--json"], ["dead", "show", wild], ["dead", "show", wild, "--json"], ["dead", "show", WILD],
        ["dead", "replay", WILD], ["lease", WILD], ["nonsense", WILD], ["enqueue", WILD, WILD],
        ["status", "--queue", WILD], ["worker", WILD],
    ]  # fmt: skip
    for words in asked:
        with contextlib.suppress(SystemExit):  # as argparse leaves
            main([*words, "--url", redis_url])
        printed = "".join(capsys.readouterr())
        assert printed and is_tame(printed.replace("\n", "")), words
        assert "\n2026-01-01" not in printed, words


def test_a_process_of_its_own_prints_it_no_rawer(redis_url):
    ended = jobqueue("serve", "--host", WILD, url=redis_url)
    assert is_tame(ended.stderr.replace("\n", "")) and "\n2026-01-01" not in ended.stderr
    assert "Traceback" not in ended.stderr and ended.returncode == 2


@pytest.mark.sampled(2)
@pytest.mark.parametrize("as_json", [False, True])
def test_no_log_of_a_worker_is_forged(redis_url, tmp_path, as_json):
    handlers = f"def fail(job): raise ValueError({WILD!r})\nHANDLERS = {{{WILD!r}: fail}}\n"
    (tmp_path / "mine.py").write_text(handlers, encoding="utf-8")
    jobqueue("enqueue", WILD, "--id", WILD, "--max-attempts", "1", url=redis_url)
    jobqueue("policy", WILD, "--force", url=redis_url)
    command = [sys.executable, "-m", "jobqueue.cli", "worker", "mine:HANDLERS", "--url", redis_url]
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen([*command, *(["--json-logs"] if as_json else [])], cwd=tmp_path, stderr=log)
    try:
        eventually(lambda: '"dead"' in jobqueue("status", WILD, url=redis_url).stdout, timeout=30)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=20) == 0
    finally:
        worker.kill()
        worker.wait()
    lines = (tmp_path / "log").read_text(encoding="utf-8").rstrip("\n").split("\n")
    assert all(map(is_tame, lines)) and len(lines) >= 2
    if as_json:
        assert any(json.loads(line).get("job") == WILD for line in lines)  # a field is data, and whole
    else:
        assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ [A-Z] |    |\w", line) for line in lines)
        assert not any(line.startswith("2026-01-01") for line in lines)


def test_a_message_is_made_printable_for_every_handler_of_the_log(caplog):
    with caplog.at_level(logging.INFO, "jobqueue"):
        logging.getLogger("jobqueue").info("job %s", WILD)
    assert is_tame(caplog.messages[0]) and "I done" in caplog.messages[0]
