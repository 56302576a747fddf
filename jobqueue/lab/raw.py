"""A client for a lesson about Redis itself."""

from collections.abc import Callable

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


class RawClient(Redis):
    """redis-py's own client, but for a check before each command: a closed world says so in a line, and redis-py that a
    socket is gone, in a hundred."""

    check: Callable[[], None] | None = None

    async def execute_command(self, *args, **options):
        if self.check:
            self.check()
        if args[0] == "XPENDING" and len(args) > 3:  # the long form; redis-py would read its reply as the short one's
            options["parse_detail"] = True
        return await super().execute_command(*args, **options)


def raw_client(url: str) -> RawClient:
    """A client with texts for replies, which waits as long as it is told to, and sends nothing twice.

    As redis-py's comes, it would retry a timed-out command ten times in silence (see jobqueue/connect.py).
    """
    return RawClient.from_url(url, decode_responses=True, protocol=2, socket_timeout=None, retry=Retry(NoBackoff(), 0))
