"""The Redis of a tab answers random commands as the kit's own server does. What differs is on the page."""

import socket
from contextlib import closing

import hiredis
import pytest
from commands import BEGIN, STEPS, masked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobqueue.lab.tab.gather import HERE
from jobqueue.server.urls import unix_path

LIBRARY = "#!lua name=lib\nlocal n = 0\nredis.register_function('count', function() n = n + 1 return n end)\n"

#: Commands whose last reply differs, for each line of differences.md in order. The page shows those lines.
EXAMPLES = {
    "Inside MULTI": [("MULTI",), ("INCRBY", "k", "many")],
    "`MAXLEN ~`": [*3 * [("XADD", "s", "*", "f", "large" * 1000)], ("XTRIM", "s", "MAXLEN", "~", "1")],
    "Errors have": [("XINFO", "CONSUMERS", "t", "g")],
    "A library": [("FUNCTION", "LOAD", "REPLACE", LIBRARY), ("FCALL", "count", "0"), ("FCALL", "count", "0")],
    "With a `maxmemory`": [("CONFIG", "SET", "maxmemory", "1000000000"), ("SET", "k", "v")],
    "`MEMORY USAGE`": [("MEMORY", "USAGE", "k")],
}


class Connection:
    """One connection. Its replies have errors as values."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.reader = hiredis.Reader()

    def ask(self, command):
        self.socket.sendall(hiredis.pack_command(command))
        while (reply := self.reader.gets()) is False:
            self.reader.feed(self.socket.recv(65536))
        return reply

    def close(self):
        self.socket.close()


@pytest.fixture
def servers(tab_server, redis_url):
    """The paths of both."""
    return unix_path(redis_url), tab_server


def replies(path, steps):
    """Each reply to the steps, which come from two connections, in a world that BEGIN makes."""
    with closing(Connection(path)) as first, closing(Connection(path)) as second:
        for command in BEGIN:
            first.ask(command)
        for connection, command in steps:
            yield (first, second)[connection].ask(command)
        first.ask(BEGIN[0])  # the real server is shared with other tests


def is_wrong_when_queued(real, tab):
    """The first line of differences.md. From there on the transactions differ, too."""
    return real == b"QUEUED" and isinstance(tab, Exception)


def compare(servers, examples):
    @settings(max_examples=examples, derandomize=True, database=None, suppress_health_check=HealthCheck)
    @given(st.lists(STEPS, min_size=10, max_size=25))
    def answers_alike(steps):
        pairs = zip(*(replies(path, steps) for path in servers), strict=True)
        for at, (real, tab) in enumerate(pairs):
            if is_wrong_when_queued(real, tab):
                return
            assert masked(real) == masked(tab), steps[: at + 1]

    answers_alike()


@pytest.mark.slow
def test_random_commands_are_answered_alike(servers):
    compare(servers, 200)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_many_random_commands_are_answered_alike(servers):
    compare(servers, 2_000)


@pytest.mark.slow
@pytest.mark.parametrize("line", EXAMPLES)
def test_a_difference_is_still_there(line, servers):
    real, tab = (list(replies(path, [(0, command) for command in EXAMPLES[line]])) for path in servers)
    assert f"{real[-1]!r}" != f"{tab[-1]!r}", f"no longer different: {line}"
    assert [masked(reply) for reply in real[:-1]] == [masked(reply) for reply in tab[:-1]]


def test_the_page_lists_what_differs():
    lines = (HERE / "differences.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(EXAMPLES)
    for line, start in zip(lines, EXAMPLES, strict=True):
        assert line.startswith(f"- {start}")
