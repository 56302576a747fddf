"""A line: one connection that all calls share. Each is sent at once, and the replies come back in the same order.

redis-py lends each call a connection for as long as it takes, with a lock, a retry and a timer. Those cost more than
the call. So redis-py only connects, with TLS, password and all, and then the line takes over the socket.
"""

import asyncio
from collections import deque
from typing import Any

import hiredis
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError, InvalidResponse, RedisError
from redis.exceptions import TimeoutError as NoReply


class Line(asyncio.Protocol):
    """A line over `connection`, one of redis-py's that isn't open yet. It's dead after `seconds` without a due reply.

    Only for commands that never block, because all later replies wait behind one that's late. Nothing is sent twice.
    """

    def __init__(self, connection: Any, seconds: float):
        self._connection, self._seconds = connection, seconds
        self._awaited: deque[asyncio.Future[Any]] = deque()
        self._loop = asyncio.get_running_loop()
        self._heard = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._transport: Any = None
        self._lost = asyncio.Event()
        #: Whether it takes no more calls.
        self.closed = False
        self._failure: RedisError = ConnectionError("the connection was closed")
        self._opening = self._loop.create_task(self._open())
        self._opening.add_done_callback(self._note_end)

    async def call(self, command: tuple[Any, ...]) -> Any:
        """Send a command and return its reply.

        Raises ConnectionError or NoReply if it can't tell whether the command ran, and redis-py's error if it was
        refused. If the call is cancelled, the command may run all the same.
        """
        if not self._transport:
            await asyncio.wait([self._opening])  # it isn't cancelled with this call, because others wait for it, too
        if self.closed:
            raise self._failure
        if not self._awaited:
            self._heard = self._loop.time()
            self._watch = self._watch or self._loop.call_later(self._seconds, self._look)
        reply = self._loop.create_future()
        self._awaited.append(reply)
        self._transport.write(hiredis.pack_command((*command[0].split(), *command[1:])))
        return await reply

    def retire(self) -> None:
        """Take no more calls, and hang up after the last reply."""
        self.closed = True
        if self._transport and not self._awaited:
            self._hang_up()

    async def close(self) -> None:
        """Hang up; returns when the socket is closed."""
        self._opening.cancel()
        self._end(ConnectionError("the client was closed"))
        if self._transport:
            try:
                await self._lost.wait()
            finally:
                self._transport.abort()

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._connection.connect()
        except TimeoutError:
            return self._end(NoReply(f"could not connect within {self._seconds:g} s"))
        except RedisError as error:
            return self._end(error)
        encoder = self._connection.encoder
        text = {"encoding": encoder.encoding, "errors": encoder.encoding_errors} if encoder.decode_responses else {}
        self._reader = hiredis.Reader(protocolError=InvalidResponse, replyError=BaseParser.parse_error, **text)
        self._transport = self._connection._writer.transport
        self._transport.set_protocol(self)

    def _note_end(self, opening: asyncio.Task[None]) -> None:
        # Cancelled by `close`, or by a handler that cancels all tasks.
        if failure := "closed before it was connected" if opening.cancelled() else opening.exception():
            self._end(ConnectionError(str(failure)))
        if self.closed:
            self.retire()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            awaited = self._awaited.popleft()
            if awaited.done():  # its call was cancelled
                continue
            if isinstance(reply, Exception):
                awaited.set_exception(reply)
            else:
                awaited.set_result(reply)
        if self.closed:
            self.retire()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost.set()
        self._end(ConnectionError(f"the connection was lost: {error or 'the server has closed it'}"))

    def _look(self) -> None:
        """Give up if a reply is overdue. One timer for all calls costs less than one for each."""
        self._watch, left = None, self._heard + self._seconds - self._loop.time()
        if self._awaited and left > 0:
            self._watch = self._loop.call_later(left, self._look)
        elif self._awaited:
            self._transport.abort()
            self._end(NoReply(f"no reply within {self._seconds:g} s"))

    def _end(self, failure: RedisError) -> None:
        """Take no more calls, and fail those that wait for a reply."""
        self.closed, self._failure = True, failure
        self._hang_up()
        while self._awaited:
            if not (awaited := self._awaited.popleft()).done():
                awaited.set_exception(failure)

    def _hang_up(self) -> None:
        if writer := self._connection._writer:
            self._connection._writer = None  # or redis-py warns that it's still open
            writer.close()
