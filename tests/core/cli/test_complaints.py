"""A command that can't do what you ask says why in one line, and never repeats a password."""

import os
import socket
import subprocess
import sys

import pytest
from handlers_text import HANDLERS

from jobqueue.cli import main

REFUSALS = {
    "a url of no known kind": (["enqueue", "x"], {"url": "ftp://x"}, "the URL ftp://x"),
    "a url where nobody listens": (["status"], {"url": "redis://localhost:1"}, "no answer from Redis at redis://loc"),
    "a socket that does not exist": (["worker", "mine:HANDLERS"], {"url": "unix:///nowhere"}, "no answer from Redis"),
    "a module that does not exist": (["worker", "nomodule:x"], {}, "cannot import 'nomodule'"),
    "a module with a typo": (
        ["worker", "typo:x"],
        {},
        "cannot import 'typo': SyntaxError: invalid syntax (typo.py, line 1)",
    ),
    "a module that raises": (
        ["worker", "fails:x"],
        {},
        "'fails': ZeroDivisionError: division by zero (fails.py, line 2)",
    ),
    "a module that leaves": (["worker", "leaves:x"], {}, "cannot import 'leaves': it calls sys.exit(3)"),
    "a file for a module": (["worker", "./mine.py:HANDLERS"], {}, "for ./mymodule.py say mymodule:HANDLERS"),
    "a name that is not there": (["worker", "mine:HANDLRES"], {}, "there is no 'HANDLRES' in /"),
    "no handlers at all": (["worker", "mine:none"], {}, "mine:none is not a dict of handlers"),
    "a grace before now": (
        ["worker", "mine:HANDLERS", "--grace", "-1"],
        {},
        "say a number of seconds, 0 or more, not '-1'",
    ),
    "a grace that is no number": (
        ["worker", "mine:HANDLERS", "--grace", "nan"],
        {},
        "--grace: say a number of seconds",
    ),
    "a wait before now": (["enqueue", "x", "--wait", "-1"], {}, "--wait: say a number of seconds, 0 or more"),
    "a name that is no dict": (["worker", "mine:nothing"], {}, "mine:nothing is not a dict of handlers"),
    "no name at all": (["worker", "mine"], {}, "module:name"),
    "too many at once": (["worker", "mine:HANDLERS", "--concurrency", "0"], {}, "concurrency must be from 1 to 1000"),
    "a payload that is not JSON": (["enqueue", "x", "{oops"], {}, "the payload is not JSON"),
    "no attempt at all": (["enqueue", "x", "--max-attempts", "0"], {}, "max_attempts must be"),
    "a payload JSON would change": (["enqueue", "x", "NaN"], {}, "JSON would change the payload"),
    "a queue's name with a brace": (["status", "--queue", "a{b}"], {}, "status: a queue's name is made of"),
    "a payload too deep": (["enqueue", "x", "-"], {"input": "[" * 100_000}, "the payload is not JSON"),
    "a url that is not UTF-8": (["status"], {"url": "redis://:\udcff@localhost:1"}, "jobqueue status: "),
    "an id that is not UTF-8": (["status", "a\udcff"], {}, "is not UTF-8"),
    "a tier nobody knows": (["enqueue", "x", "--priority", "urgent"], {}, "invalid choice: 'urgent'"),
    "a job and the whole queue": (["status", "j", "--watch"], {}, "not allowed with"),
    "a policy nobody can read": (
        ["policy", "aging:soon"],
        {},
        "could not convert string to float: 'soon'; say strict, aging:SECONDS or weighted:HIGH/NORMAL/LOW",
    ),
    "a policy without a name": (["policy", ""], {}, "a policy's name has 1 to 200 characters"),
    "a weight too few": (
        ["policy", "weighted:6/3"],
        {},
        "expected 3, got 2); say strict, aging:",
    ),
    "what is no letter": (["dead", "show", "x"], {}, "'x' is no dead letter's id"),
    "a page after what is no letter": (["dead", "list", "--after", "x"], {}, "'x' is no dead letter's id"),
    "a page of nothing": (["dead", "list", "--limit", "0"], {}, "--limit must be at least 1"),
    "letters, and all of them": (["dead", "replay", "1-1", "--all"], {}, "name the letters, or say --all"),
    "no letters at all": (["dead", "discard"], {}, "name the letters, or say --all"),
    "a capacity of nothing": (["serve", "--capacity", "high=0"], {}, "'high=0'"),
    "a capacity without a number": (["enqueue", "x", "--capacity", "high"], {}, "say TIER=N or TIER=LOW:HIGH"),
    "watermarks upside down": (["serve", "--capacity", "low=9:5"], {}, "low < high"),
    "three watermarks": (["serve", "--capacity", "low=1:2:3"], {}, "low < high"),
    "a tier without capacity": (["serve", "--capacity", "urgent=5"], {}, "'urgent'; the tiers are"),
    "a port that is none": (["serve", "--port", "70000"], {}, "cannot listen at 127.0.0.1, port 70000"),
    "a host of somebody else": (["serve", "--host", "192.0.2.1", "--port", "0"], {}, "cannot listen at 192.0.2.1"),
    "a front without Redis": (["serve"], {"url": "redis://localhost:1"}, "no answer from Redis at redis://loc"),
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("words", "options", "said"), REFUSALS.values(), ids=REFUSALS)
def test_an_impossible_command_is_one_line_and_exit_code_2(jobqueue, words, options, said):
    ended = jobqueue(*words, **options)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"jobqueue {words[0]}") and ended.stderr.count("\n") == 1
    assert said in ended.stderr


# F09
def test_a_payload_too_large_is_one_line_and_writes_nothing(jobqueue):
    """From standard input, because one argument may have 128 kB on Linux."""
    ended = jobqueue("enqueue", "x", "-", input=f'"{"a" * 300_000}"')
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert "the limit is 262,144" in ended.stderr
    assert "accepted 0" in jobqueue("status").stdout
    assert jobqueue("enqueue", "x", "-", input=f'"{"a" * 200_000}"').returncode == 0


def test_no_complaint_and_no_help_text_shows_a_password(jobqueue, sandbox):
    for url in ("redis://me:s3cret@localhost:1", "redis://:s3cret@x:port", "redis://localhost:1?password=s3cret"):
        ended = jobqueue("status", url=url)
        assert ended.returncode == 2 and "***" in ended.stderr and "s3cret" not in ended.stderr
    wrong = jobqueue("status", url=sandbox.url.replace("unix://", "unix://me:s3cret@"))
    assert "refused: invalid username-password" in wrong.stderr and "s3cret" not in wrong.stderr
    command = [sys.executable, "-m", "jobqueue.cli", "status", "--help"]
    environment = os.environ | {"JOBQUEUE_REDIS_URL": "redis://me:s3c%20ret@redis.internal:6379"}
    told = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=60).stdout
    assert "redis.internal" in told and "s3c" not in told


SECRETS = ("redis://:s3cr/et+K=@localhost:1/0", "redis://:s3cr?et@localhost:1", "redis://u:top:s3cr#et@localhost:1")
SECRETS += ("redis://:s3cr@et@localhost:1", "redis+sentinel://:s3cr/et@a:1/m", "redis+cluster://:s3cr/et@localhost:1")
SECRETS += ("rediss://u:s3cret@localhost:1", "redis://localhost:1?password=s3cr/et", "s3cr/et@localhost", "//:s3cret@x")


COMMANDS = [
    ["status", "--help"],
    ["status"],
    ["worker", "secretive:HANDLERS"],
    ["serve", "--port", "0"],
    ["demo"],
    ["doctor"],
]


@pytest.fixture
def secretive(tmp_path, monkeypatch):
    """A folder with handlers, which is the current one."""
    (tmp_path / "secretive.py").write_text(HANDLERS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])  # a worker adds the folder


@pytest.mark.parametrize("url", SECRETS)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_repeats_a_part_of_a_password(url, words, secretive, monkeypatch, capsys):
    monkeypatch.setenv("JOBQUEUE_REDIS_URL", url)
    try:
        code = main(words)
    except SystemExit as leaving:  # after --help
        code = leaving.code
    printed = "".join(capsys.readouterr())
    assert (code == 0) == ("--help" in words) and printed
    assert "s3cr" not in printed and "et@" not in printed


def test_in_a_process_of_its_own_a_command_repeats_no_part_of_it_either(secretive, tmp_path):
    for words in COMMANDS:
        command = [sys.executable, "-m", "jobqueue.cli", *words]
        environment = os.environ | {"JOBQUEUE_REDIS_URL": SECRETS[0]}
        process = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            printed, _ = process.communicate(timeout=30)
        finally:
            process.kill()
        assert b"s3cr" not in printed and b"et@" not in printed, words


def test_a_machine_without_a_folder_for_temporary_files_says_so_in_one_line(monkeypatch, capsys):
    def refuse(**options):
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    assert main(["demo"]) == 2
    said = capsys.readouterr().err
    assert said == "jobqueue demo: FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp']\n"


def test_a_port_that_is_taken_is_named_and_how_to_get_another(jobqueue):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = jobqueue("serve", "--port", port)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert f"port {port}" in ended.stderr and "port 0 takes one that is free" in ended.stderr


@pytest.mark.sampled(3)
@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "prometheus_client"])
def test_the_front_without_its_extra_says_what_to_install(redis_url, missing):
    without = (
        f"import sys; sys.modules[{missing!r}] = None; from jobqueue.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", without, "serve", "--url", redis_url]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert ended.returncode == 2
    assert ended.stderr == f"jobqueue serve: it needs {missing}: pip install 'jobqueue-kit[http]'\n"
