"""Make a client. redis-py's defaults would lose and double jobs, so this sets them, each with its reason."""

import asyncio
import contextlib
from functools import partial
from typing import Any, cast

import hiredis
import redis.asyncio
from redis.asyncio.connection import SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as NoReply

from jobqueue.errors import ServerTooOld, WrongLoop
from jobqueue.server.line import Line
from jobqueue.server.urls import find_fault, refuse_url

#: Seconds an idle fetch blocks in Redis before it asks again. So an idle worker costs one command in that time.
BLOCK_SECONDS = 2.0

#: F60: seconds without an answer after which a connection counts as dead. They exceed BLOCK_SECONDS by a margin.
#: redis-py's own 5 s would cut a longer block short, and then XREADGROUP may have delivered entries in a lost reply.
REPLY_SECONDS = 10.0

#: Seconds that closing a client takes at most.
CLOSE_SECONDS = 2.0

#: Commands that one client runs at once, each on its own connection; more wait their turn. redis-py alone opens a
#: connection for each. Since version 8 it gives up at the hundredth, as if the server were away.
COMMANDS_AT_ONCE = 64

#: What workers and producers send all the time. It never blocks, so it shares one connection.
ON_THE_LINE = ("EVALSHA", "SCRIPT LOAD", "XREADGROUP")


class Client(redis.asyncio.Redis):
    """redis-py's client, with a timeout for a command and its reply together: raises its TimeoutError.

    Its own socket_timeout stays unset: it wraps each write in asyncio.wait_for, which on Python 3.11 can swallow a
    cancellation. Then the cancelled task goes on, and its caller waits for it forever.
    """

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._turns = asyncio.Semaphore(COMMANDS_AT_ONCE)
        self._home: asyncio.AbstractEventLoop | None = None
        self._line: Line | None = None

    __repr__ = object.__repr__  # redis-py's own quotes the password, before version 8

    def stay_home(self) -> None:
        """Raise WrongLoop in any event loop but the first, because a connection works only in the loop that made it."""
        loop = asyncio.get_running_loop()
        self._home = self._home or loop
        if loop is not self._home:
            raise WrongLoop("a Queue belongs to the event loop that used it first: make one Queue per loop")

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        self.stay_home()
        may_block = args[0] == "XREADGROUP" and (b"BLOCK" in args or "BLOCK" in args)  # redis-py chooses which
        if args[0] in ON_THE_LINE and not may_block and not self.single_connection_client:
            if not self._line or self._line.closed:
                self._line = Line(self.connection_pool.make_connection(), REPLY_SECONDS)
            reply, parse = await self._line.call(args), self.response_callbacks.get(args[0])
            return parse(reply, **options) if parse else reply
        try:
            async with self._turns, asyncio.timeout(REPLY_SECONDS):
                return await super().execute_command(*args, **options)
        except TimeoutError:
            raise NoReply(f"no reply to {args[0]} within {REPLY_SECONDS:g} s") from None

    def leave_line(self) -> None:
        """Make a new connection for the next call; those on their way have their replies on the old one."""
        if self._line:
            self._line.retire()

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close the connections. Don't wait for a peer that hangs while it says goodbye, as TLS does.

        In another loop there's nothing to close, because the connections ended with their own loop (RuntimeError).
        """
        for close in (self._line and self._line.close, partial(super().aclose, close_connection_pool)):
            with contextlib.suppress(RedisError, OSError, TimeoutError, RuntimeError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    if close:
                        await close()


class _PackedByHiredis:
    """A connection that packs commands in C. redis-py's sync connections do so anyway, but its async ones don't."""

    def pack_command(self, *args: Any) -> list[bytes]:
        return [hiredis.pack_command((*args[0].split(), *args[1:]))]


def connect(url: str, kind: type[Client] = Client) -> Client:
    """A client for `url` (redis://, rediss:// or unix://) that never sends anything twice on its own.

    redis-py's Redis(…) silently retries a timed-out command ten times, and some versions of its from_url do too. A
    repeated XADD adds a second job. A repeated XREADGROUP leaves the first delivery pending under a worker that never
    saw it. Here a failure is an exception, and the caller decides. Replies are bytes, because a payload is opaque until
    it's decoded.

    Raises BadSetting for a URL that can't be used, before it sends anything.
    """
    if fault := find_fault(url):
        raise refuse_url(url, fault)
    try:
        made = kind.from_url(
            url,
            protocol=2,  # the shape of replies depends on it, and its default on redis-py's version
            socket_timeout=None,
            socket_connect_timeout=REPLY_SECONDS,
            # F39, F68: send nothing twice: the first XADD or XREADGROUP may have been carried out, and its reply lost.
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
            decode_responses=False,
            redis_connect_func=_introduce,
        )
    except ValueError as error:  # it names an option; all else is checked above
        raise refuse_url(url, str(error)) from None
    client = cast(Client, made)
    _try_tls(url, client.connection_pool)
    plain = client.connection_pool.connection_class  # over TCP, TLS or a unix socket, as the url has it
    client.connection_pool.connection_class = type(plain.__name__, (_PackedByHiredis, plain), {})
    return client


async def _introduce(connection: Any) -> None:
    """Name a new connection for CLIENT LIST. redis-py's `client_name` closes it if its user may not set a name."""
    await connection.on_connect()
    with contextlib.suppress(ResponseError):
        await connection.send_command("CLIENT", "SETNAME", "jobqueue", check_health=False)
        await connection.read_response()


def _try_tls(url: str, pool: Any) -> None:
    """Raise BadSetting for a TLS option with a wrong value. redis-py would only notice when it connects."""
    options = [name for name in pool.connection_kwargs if name.startswith("ssl_")]
    if options:
        try:
            cast(SSLConnection, pool.make_connection()).ssl_context.get()
        except (RedisError, OSError, TypeError, ValueError) as error:
            raise refuse_url(url, f"its options {', '.join(options)} can't be used: {error}") from None


def require_version(info: dict[str, Any]) -> None:
    """Raise ServerTooOld unless `info`, what INFO server replied, is of Redis 7.0, Valkey 7.2, or newer."""
    version = info.get("valkey_version") or info["redis_version"]
    if int(version.split(".")[0]) < 7:
        raise ServerTooOld(f"the server is version {version}; jobqueue needs Redis 7.0 or Valkey 7.2, or newer")
