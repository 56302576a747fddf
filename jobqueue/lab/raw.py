"""A client for a lesson about Redis itself."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def raw_client(url: str) -> Redis:
    """redis-py's own client, with texts for replies; it waits as long as it is told to, and sends nothing twice.

    As it comes, it would retry a timed-out command ten times in silence (see jobqueue/connect.py).
    """
    return Redis.from_url(url, decode_responses=True, protocol=2, socket_timeout=None, retry=Retry(NoBackoff(), 0))
