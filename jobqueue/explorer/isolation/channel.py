"""The notebook's end of the line to a child: messages go out and come in, and no byte is lost."""

import asyncio
import socket

from jobqueue.explorer.isolation.messages import Message, pack_message, split_message

#: Seconds. The loop turns this often while it waits, because Jupyter delivers an interrupt only to a loop that turns.
TURN = 0.1


class ChannelClosed(Exception):
    """The child has closed its end, because its process is gone."""


class ChildSilent(Exception):
    """The child has sent nothing for longer than we wait."""


class Channel:
    """Messages over `end`, one of a pair of sockets. Any event loop may use it, one after the other.

    A callback of the loop takes the bytes, never a task: a task that is cancelled by a timer in the turn in which its
    data arrives throws that data away. asyncio.wait_for(loop.sock_recv(…)) does so on Python 3.12 and 3.13.
    """

    def __init__(self, end: socket.socket):
        end.setblocking(False)
        self.end = end
        self.buffer = bytearray()
        self.closed = False

    async def receive(self, patience: float) -> Message:
        """The next message. Raises ChannelClosed if the child is gone, ChildSilent after `patience` quiet seconds."""
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[None] = loop.create_future()
        quiet = 0

        def take() -> None:
            self._take()
            if not arrived.done():
                arrived.set_result(None)

        loop.add_reader(self.end, take)
        try:
            while (message := split_message(self.buffer)) is None:
                if self.closed:
                    raise ChannelClosed
                if quiet * TURN >= patience:
                    raise ChildSilent
                await asyncio.wait([arrived], timeout=TURN)  # unlike wait_for, it cancels nothing
                quiet = 0 if arrived.done() else quiet + 1
                arrived = loop.create_future() if arrived.done() else arrived
            return message
        finally:
            loop.remove_reader(self.end)

    async def send(self, message: Message) -> None:
        """Raises ChannelClosed if the child is gone."""
        try:
            await asyncio.get_running_loop().sock_sendall(self.end, pack_message(message))
        except ConnectionError:
            raise ChannelClosed from None

    def close(self) -> None:
        self.end.close()

    def _take(self) -> None:
        try:
            chunk = self.end.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionError:  # it was killed before it had read all that we sent
            chunk = b""
        self.buffer += chunk
        self.closed = not chunk
