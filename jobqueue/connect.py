"""How a client is made: redis-py's defaults would lose and double jobs, so here they are set, each with its reason."""

import asyncio
from typing import Any, cast

import hiredis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as NoReply

from jobqueue.errors import ServerTooOld

#: Seconds an idle fetch blocks in Redis before it asks again: the price of idleness is one command in that time.
BLOCK_SECONDS = 2.0

#: Seconds without an answer after which a connection counts as dead. Must exceed BLOCK_SECONDS by a margin: redis-py's
#: own 5 s would cut a longer block short, and every cut XREADGROUP may already have delivered entries to nobody.
REPLY_SECONDS = 10.0

#: Commands under way at once on one client, a connection each; the others wait their turn. redis-py by itself opens a
#: connection for every one, or, since version 8, gives up at the hundredth, as if the server were away.
COMMANDS_AT_ONCE = 64


class Client(redis.asyncio.Redis):
    """redis-py's client, with a timeout for a command and its reply together: raises its TimeoutError.

    Its own socket_timeout stays unset: it wraps each write in asyncio.wait_for, which on Python 3.11 can swallow a
    cancellation. A task that is cancelled just then goes on, and whoever waits for its end waits for ever.
    """

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._turns = asyncio.Semaphore(COMMANDS_AT_ONCE)

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            async with self._turns, asyncio.timeout(REPLY_SECONDS):
                return await super().execute_command(*args, **options)
        except TimeoutError:
            raise NoReply(f"no reply to {args[0]} within {REPLY_SECONDS:g} s") from None


class _PackedByHiredis:
    """A connection that packs commands in C. redis-py's sync connections do so by themselves, its async ones do not."""

    def pack_command(self, *args: Any) -> list[bytes]:
        return [hiredis.pack_command((*args[0].split(), *args[1:]))]


def connect(url: str, kind: type[Client] = Client) -> Client:
    """A client for `url` (redis://, rediss:// or unix://) that never sends anything twice on its own.

    redis-py's Redis(…) retries a timed-out command ten times in silence, and whether its from_url does is a matter of
    its version. A repeated XADD is a second job; a repeated XREADGROUP leaves the first delivery pending under a worker
    that never saw it. Here a failure is an exception, and the code that knows what was being done decides. Replies are
    bytes: a payload is opaque until it is decoded.
    """
    # protocol: the shape of replies depends on it, and its default on the version.
    client = cast(Client, kind.from_url(url, protocol=2))
    # Not as arguments of from_url: there the url's own ?socket_timeout=1 would win.
    client.connection_pool.connection_kwargs |= {
        "socket_timeout": None,
        "socket_connect_timeout": REPLY_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
        "client_name": "jobqueue",
        "decode_responses": False,
    }
    plain = client.connection_pool.connection_class  # over TCP, TLS or a unix socket, as the url has it
    client.connection_pool.connection_class = type(plain.__name__, (_PackedByHiredis, plain), {})
    return client


def require_version(info: dict[str, Any]) -> None:
    """Raise ServerTooOld unless `info`, what INFO server replied, is of Redis 7.0, Valkey 7.2, or newer."""
    version = info.get("valkey_version") or info["redis_version"]
    if int(version.split(".")[0]) < 7:
        raise ServerTooOld(f"the server is version {version}; jobqueue needs Redis 7.0 or Valkey 7.2, or newer")
