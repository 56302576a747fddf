"""A terminal, pipe or locale that isn't UTF-8: other glyphs are shown, and nothing fails."""

import json
import os
import subprocess
import sys

import pytest
from surroundings import ASCII, CHECK, COMMANDS, PACKAGE, PLAIN, addressed, jobqueue

from jobqueue.cli.streams import STAND_INS
from jobqueue.lab.pictures.base.language import GLYPHS


@pytest.mark.sampled(7)
@pytest.mark.parametrize("coding", ["ascii", "latin-1"])
@pytest.mark.parametrize("name", PLAIN)
def test_a_stream_that_cannot_show_a_glyph_gets_another_one(name, coding, redis_url, folder):
    words, code = COMMANDS[name]
    ended = jobqueue(*addressed(words, redis_url), environment={"PYTHONIOENCODING": coding}, cwd=folder)
    assert (ended.returncode, b"Traceback" in ended.stderr) == (code, False), ended.stderr
    (ended.stdout + ended.stderr).decode(coding)


@pytest.mark.slow
def test_the_doctor_says_all_is_well_in_ascii(tmp_path):
    ended = jobqueue("doctor", environment={"PYTHONIOENCODING": "ascii"})
    assert ended.returncode == 0 and b"+ kill -9: 8 jobs done" in ended.stdout and b"All is well." in ended.stdout


def test_an_id_that_the_stream_cannot_show_is_escaped_and_found_again(redis_url):
    ascii = {"environment": {"PYTHONIOENCODING": "ascii"}}
    url = ("--url", redis_url)
    assert jobqueue("enqueue", "t", "--id", "sn\N{SNOWMAN}w", *url, **ascii).stdout == b"sn\\u2603w\n"
    status = jobqueue("status", "sn\N{SNOWMAN}w", *url, **ascii)
    assert json.loads(status.stdout)["id"] == "sn\N{SNOWMAN}w"
    unknown = jobqueue("status", "no\N{SNOWMAN}", *url, **ascii)
    assert unknown.returncode == 1 and b"no job no\\u2603 is known" in unknown.stderr


def test_in_a_locale_without_utf_8_words_are_still_utf_8(redis_url):
    url = ("--url", redis_url)
    assert jobqueue("enqueue", "t", '"\xfc"', "--id", "\xfc", *url, environment=ASCII).returncode == 0
    assert json.loads(jobqueue("status", "\xfc", *url).stdout)["state"] == "waiting"
    given = jobqueue("enqueue", "t", "-", *url, environment=ASCII, input='"\xfc"'.encode())
    assert given.returncode == 0, given.stderr


def test_the_lab_is_imported_and_used_in_a_locale_without_utf_8():
    environment = os.environ | ASCII | {"PYTHONIOENCODING": "utf-8"}
    ended = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, timeout=120, env=environment)
    assert ended.returncode == 0, ended.stderr + ended.stdout


STDOUT = {
    "ascii": ({"PYTHONIOENCODING": "ascii"}, ""),
    "closed": ({}, ">&-"),
    "all closed": ({}, "<&- >&- 2>&-"),
    "full": ({"PYTHONUNBUFFERED": ""}, ">/dev/full"),
    "full and unbuffered": ({"PYTHONUNBUFFERED": "1"}, ">/dev/full"),
    "far down": ({"TMPDIR": "x" * 200}, ""),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("environment", "redirected"), STDOUT.values(), ids=STDOUT)
def test_a_checker_called_by_a_script_needs_no_stdout_and_no_short_path(environment, redirected, tmp_path):
    if "TMPDIR" in environment:
        environment = {"TMPDIR": str(tmp_path / environment["TMPDIR"])}
        os.mkdir(environment["TMPDIR"])
    command = [
        "sh",
        "-c",
        f'exec "$@" {redirected}',
        "sh",
        sys.executable,
        "-c",
        CHECK.replace('    print("', '    ("'),
    ]
    ended = subprocess.run(command, capture_output=True, timeout=120, env=os.environ | environment)
    last_flush_fails = environment.get("PYTHONUNBUFFERED") == ""  # Python's own, with code 120
    assert ended.returncode == (120 if last_flush_fails else 0), ended.stderr


def test_every_glyph_of_the_commands_has_a_stand_in():
    names = (
        "cli/words.py",
        "cli/commands.py",
        "cli/services.py",
        "lab/course/demo.py",
        "lab/votes/ballots.py",
        "lab/course/doctor.py",
        "lab/course/launch.py",
    )
    glyphs = {c for name in names for c in (PACKAGE / name).read_text(encoding="utf-8") if ord(c) > 127}
    glyphs |= set(GLYPHS)
    assert {"\N{CHECK MARK}", "\N{MIDDLE DOT}"} <= glyphs <= set(STAND_INS)
