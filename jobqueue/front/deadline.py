"""Deadlines for clients of the HTTP front, and a limit on their number, so that each one still gets its turn.

uvicorn alone waits forever for a client that sends byte by byte or never reads its answer. Such connections would pile
up until no more can be opened (CVE-2007-6750). Here each client has CLIENT_SECONDS to send a whole request, and as many
to read the answer. At most `most_connections()` are open. One more replaces the connection that has kept the front
waiting longest. If the front is busy with all of them, it answers the new one with 503.

uvicorn's h11 protocol needs no other package, so the front always uses it, whether httptools is installed or not.
"""

import asyncio
import resource
import socket
from typing import Any, cast

import h11
import msgspec
import uvicorn
from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from jobqueue.server.connect import COMMANDS_AT_ONCE

#: Seconds a client has to send a whole request, and to read an answer. An idle one is closed after uvicorn's own 5.
CLIENT_SECONDS = 20.0

#: Connections at once, where the limit of open files allows it: each may hold a body of `max_bytes` in memory.
MOST = 512

#: Connections taken from the kernel in one turn of the event loop. It's small, because only the next turns count them.
TAKEN_AT_ONCE = 16

#: Connections that may wait in the kernel.
QUEUED = 1024

#: Open files that are not clients: the commands to Redis, clients taken but not yet counted, and the process's own.
LEFT_FREE = COMMANDS_AT_ONCE + 4 * TAKEN_AT_ONCE + 32

#: The fewest connections worth a start.
FEWEST = 16

#: Seconds after which to try again when all connections are in use.
BUSY_SECONDS = 1


def most_connections() -> int:
    """Raise the limit of open files (ulimit -n) as far as needed, and return how many connections fit below it.

    Raises OSError, which says what to do, if fewer than FEWEST would fit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + LEFT_FREE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    room = MOST if soft == resource.RLIM_INFINITY else min(MOST, soft - LEFT_FREE)
    if room < FEWEST:
        raise OSError(f"this process may open {soft} files only, and needs {FEWEST + LEFT_FREE}: raise ulimit -n")
    return room


def _busy() -> dict[str, Any]:
    return {"detail": "too many connections: try again", "retry_after": BUSY_SECONDS}


class ClientConnection(H11Protocol):
    """One connection of a client, with a clock that runs whenever the front waits for the client."""

    at_once = MOST
    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so pause_writing is called as soon as a client doesn't read
        self._watch()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch()

    @property
    def waits_since(self) -> float | None:
        """When the front began to wait for this client, by the loop's clock. None if the client is waiting instead."""
        return self._clock.when() - CLIENT_SECONDS if self._clock else None

    def _watch(self) -> None:
        """Start the clock if the front is waiting for the client, else stop it. A running clock isn't restarted."""
        unasked = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        if not (unasked or self.flow.write_paused):
            self._stop_clock()
        elif self._clock is None:
            self._clock = self.loop.call_later(CLIENT_SECONDS, self._too_slow)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _too_slow(self) -> None:
        self._end(408, {"detail": f"the whole request must arrive within {CLIENT_SECONDS:g} seconds"})

    def _make_room(self) -> None:
        """If there are too many connections, close one that waits. If none waits, answer 503 on this one."""
        open_ = [one for one in cast("set[ClientConnection]", self.connections) if not one.transport.is_closing()]
        if len(open_) <= self.at_once:
            return
        waiting = [one for one in open_ if one is not self and one.waits_since is not None]
        if waiting:
            min(waiting, key=lambda one: cast(float, one.waits_since))._end(503, _busy(), BUSY_SECONDS)
        else:
            headers = {"Retry-After": str(BUSY_SECONDS), "Connection": "close"}
            self.app = cast(Any, JSONResponse(_busy(), 503, headers))

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that aren't HTTP. uvicorn's own method raises if an answer has begun."""
        self._end(400, {"detail": msg})

    def _end(self, status: int, body: dict[str, Any], retry_after: int | None = None) -> None:
        """Close this connection, with an answer if part of a request has arrived and no answer has begun."""
        self._stop_clock()
        begun = self.conn.their_state is not h11.IDLE or bool(self.conn.trailing_data[0])
        if begun and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            content = msgspec.json.encode(body)
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
            headers += [("Retry-After", str(retry_after))] if retry_after else []
            answer = h11.Response(status_code=status, headers=[*headers, ("Connection", "close")])
            for event in (answer, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:  # the task that reads the body must not answer as well
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
        if self.transport.get_write_buffer_size():  # or it would stay open until the client has read it
            self.transport.abort()


class FrontServer(uvicorn.Server):
    """uvicorn's server with `ClientConnection`s, on sockets that already listen."""

    def __init__(self, app: Any, *, graceful: int):
        kind = type("ClientConnection", (ClientConnection,), {"at_once": most_connections()})
        options: dict[str, Any] = {"log_level": "error", "access_log": False}  # no client may fill the log
        options |= {"lifespan": "off", "ws": "none", "proxy_headers": False, "backlog": TAKEN_AT_ONCE}
        super().__init__(uvicorn.Config(app, http=kind, timeout_graceful_shutdown=graceful, **options))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or []:
            listening.listen(QUEUED)  # asyncio uses one number for this and for TAKEN_AT_ONCE
