"""A private server: it answers, no other user can reach it, and it can be stopped, killed and started again."""

import stat

import psutil
import pytest
import redis
from calls import call

from helpers import eventually, running
from jobqueue.errors import ServerFailed
from jobqueue.sandbox import Sandbox


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


def test_no_other_user_can_reach_it(sandbox):
    assert stat.S_IMODE(sandbox.folder.stat().st_mode) == 0o700
    assert call(sandbox, "CONFIG", "GET", "port") == {"port": "0"}
    assert psutil.Process(sandbox.process.pid).net_connections("inet") == []


# F47
def test_it_refuses_rather_than_evicts_and_writes_no_snapshots(sandbox):
    assert call(sandbox, "CONFIG", "GET", "maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert call(sandbox, "CONFIG", "GET", "save") == {"save": ""}


def test_two_sandboxes_share_nothing(make_sandbox):
    one, two = make_sandbox(), make_sandbox()
    call(one, "SET", "key", "of one")
    assert one.url != two.url
    assert call(two, "GET", "key") is None
    one.stop()
    assert call(two, "PING")


def test_starting_twice_is_starting_once(make_sandbox):
    sandbox = make_sandbox()
    server = sandbox.process.pid
    assert sandbox.start() == sandbox.url
    assert sandbox.process.pid == server


def test_stopping_twice_does_no_harm_and_it_starts_again(make_sandbox):
    sandbox = make_sandbox()
    sandbox.stop()
    sandbox.stop()
    sandbox.start()
    assert call(sandbox, "PING")


@pytest.mark.parametrize("persistent", [True, False])
def test_after_a_kill_it_comes_back_with_its_data_only_if_told_to_keep_them(make_sandbox, persistent):
    sandbox = make_sandbox(persistent=persistent)
    url = sandbox.url
    for number in range(100):
        call(sandbox, "XADD", "stream", "*", "number", number)
    sandbox.kill()
    with pytest.raises(redis.ConnectionError):
        call(sandbox, "PING")
    assert sandbox.restart() == url
    assert call(sandbox, "XLEN", "stream") == (100 if persistent else 0)


def test_a_server_that_ended_by_itself_is_started_again(make_sandbox):
    sandbox = make_sandbox()
    psutil.Process(sandbox.process.pid).kill()
    eventually(lambda: sandbox.process.poll() is not None)
    sandbox.start()
    assert call(sandbox, "PING")
