"""The way between a notebook and its child loses no byte, whatever else happens in the same turn of the loop."""

import asyncio
import socket
import time

import pytest

from jobqueue.explorer.isolation.channel import TURN, Channel, ChannelClosed, ChildSilent
from jobqueue.explorer.isolation.messages import pack_message


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours), theirs


async def test_data_and_timer_in_one_turn(ends):
    """The loop is held up until both are due, so that its next turn meets both. Python 3.12 lost the data then."""
    channel, theirs = ends

    def hold_up():
        theirs.sendall(pack_message("news"))
        time.sleep(2 * TURN)

    asyncio.get_running_loop().call_later(TURN / 2, hold_up)
    assert await channel.receive(patience=1) == "news"


async def test_an_interrupt_and_data_in_one_turn(ends):
    """The interrupt is delivered, and the data is still there afterwards. Python 3.11 swallowed one or the other."""
    channel, theirs = ends
    waiting = asyncio.create_task(channel.receive(patience=1))

    def hold_up():
        theirs.sendall(pack_message("news"))
        time.sleep(2 * TURN)
        asyncio.get_running_loop().call_soon(waiting.cancel)

    asyncio.get_running_loop().call_later(TURN / 2, hold_up)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await channel.receive(patience=1) == "news"


async def test_a_message_comes_in_pieces(ends):
    channel, theirs = ends
    waiting = asyncio.create_task(channel.receive(patience=1))
    for byte in pack_message("news") + pack_message("more"):
        theirs.sendall(bytes([byte]))
        await asyncio.sleep(0)
    assert (await waiting, await channel.receive(patience=1)) == ("news", "more")


def test_another_loop_goes_on_where_the_first_one_stopped(ends):
    channel, theirs = ends
    first, second = pack_message("first"), pack_message("second")
    theirs.sendall(first + second[:3])
    assert asyncio.run(channel.receive(patience=1)) == "first"
    theirs.sendall(second[3:])
    assert asyncio.run(channel.receive(patience=1)) == "second"


async def test_silence_and_an_end_are_told_apart(ends):
    channel, theirs = ends
    with pytest.raises(ChildSilent):
        await channel.receive(patience=2 * TURN)
    theirs.sendall(pack_message("last"))
    theirs.close()
    assert await channel.receive(patience=1) == "last"
    with pytest.raises(ChannelClosed):
        await channel.receive(patience=1)
    with pytest.raises(ChannelClosed):
        await channel.send("anybody?")


async def test_the_loop_turns_while_it_waits(ends):
    channel, _ = ends
    loop, turns = asyncio.get_running_loop(), []
    run_once = loop._run_once
    loop._run_once = lambda: (turns.append(1), run_once())
    with pytest.raises(ChildSilent):
        await channel.receive(patience=5 * TURN)
    assert len(turns) >= 5
