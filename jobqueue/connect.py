"""How a client is made: redis-py's defaults would lose and double jobs, so here they are set, each with its reason."""

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from jobqueue.errors import ServerTooOld

#: Seconds an idle fetch blocks in Redis before it asks again: the price of idleness is one command in that time.
BLOCK_SECONDS = 2.0

#: Seconds without an answer after which a connection counts as dead. Must exceed BLOCK_SECONDS by a margin: redis-py's
#: own 5 s would cut a longer block short, and every cut XREADGROUP may already have delivered entries to nobody.
SOCKET_TIMEOUT = 10.0


def connect(url: str) -> redis.asyncio.Redis:
    """A client for `url` (redis://, rediss:// or unix://) that never sends anything twice on its own.

    redis-py's Redis(…) retries a timed-out command ten times in silence, and whether its from_url does is a matter of
    its version. A repeated XADD is a second job; a repeated XREADGROUP leaves the first delivery pending under a worker
    that never saw it. Here a failure is an exception, and the code that knows what was being done decides. Replies are
    bytes: a payload is opaque until it is decoded.
    """
    return redis.asyncio.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        client_name="jobqueue",
    )


def require_version(info: dict) -> None:
    """Raise ServerTooOld unless `info`, what INFO server replied, is of Redis 7.0, Valkey 7.2, or newer."""
    version = info.get("valkey_version") or info["redis_version"]
    if int(version.split(".")[0]) < 7:
        raise ServerTooOld(f"the server is version {version}; jobqueue needs Redis 7.0 or Valkey 7.2, or newer")
