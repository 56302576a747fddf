"""The tab's hiredis, in Python, packs commands and reads replies as the real one does, however they arrive."""

import importlib.util

import hiredis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobqueue.lab.tab.gather import HERE

spec = importlib.util.spec_from_file_location("hiredis_stand_in", HERE / "shims/hiredis.py")
stand_in = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stand_in)

WORDS = st.binary() | st.text() | st.integers() | st.floats(allow_nan=False)
REPLIES = st.recursive(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary() | st.from_regex(r"[+-][ -~]*", fullmatch=True),
    lambda each: st.lists(each, max_size=4),
    max_leaves=12,
)


def encode(reply):
    """A reply as RESP2; a str is a status or an error, with its sign."""
    match reply:
        case None:
            return b"$-1\r\n"
        case int():
            return b":%d\r\n" % reply
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(reply), reply)
        case str():
            return reply.encode() + b"\r\n"
    return b"*%d\r\n" % len(reply) + b"".join(map(encode, reply))


class Failure(Exception):
    def __eq__(self, other):
        return type(self) is type(other) and self.args == other.args


def replies(module, chunks, **options):
    """What the module's reader gives, chunk by chunk."""
    reader = module.Reader(protocolError=Failure, replyError=Failure, **options)
    for chunk in chunks:
        reader.feed(chunk)
        while (reply := reader.gets()) is not False:
            yield reply


@settings(derandomize=True, database=None)
@given(st.lists(WORDS, min_size=1).map(tuple))
def test_it_packs_a_command_alike(words):
    assert stand_in.pack_command(words) == hiredis.pack_command(words)


@settings(derandomize=True, database=None, max_examples=300)
@given(st.lists(REPLIES, min_size=1, max_size=5), st.lists(st.integers(1, 9), max_size=30))
def test_it_reads_replies_alike_wherever_they_are_split(sent, sizes):
    data = b"".join(map(encode, sent))
    chunks = []
    for size in sizes:
        chunks.append(data[:size])
        data = data[size:]
    chunks = [chunk for chunk in (*chunks, data) if chunk]
    found = list(replies(stand_in, chunks))
    assert found == list(replies(hiredis, chunks))
    assert len(found) == len(sent)


@pytest.mark.parametrize("data", [b"*-1\r\n", b"$-1\r\n", b"*0\r\n", b"$0\r\n\r\n", b"$4\r\na\r\nb\r\n"])
def test_it_reads_what_is_empty_or_holds_a_line_end_alike(data):
    chunks = [bytes([byte]) for byte in data]
    assert list(replies(stand_in, chunks)) == list(replies(hiredis, chunks))


def test_it_reads_text_alike():
    data = ["*2\r\n+fine\r\n$3\r\né!\r\n".encode(), b"$2\r\n\xff!\r\n", b":7\r\n"]
    options = {"encoding": "utf-8", "errors": "replace"}
    assert (
        list(replies(stand_in, data, **options))
        == list(replies(hiredis, data, **options))
        == [["fine", "é!"], "\ufffd!", 7]
    )
