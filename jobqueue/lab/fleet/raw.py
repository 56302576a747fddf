"""A client for a lesson about Redis itself."""

from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


class RawClient(Redis):
    """redis-py's own client, with a check before each command.

    A closed world says so in one line. Without the check, redis-py says in a hundred lines that a socket is gone.
    """

    check: Callable[[], None] | None = None

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        if self.check:
            self.check()
        if args[0] == "XPENDING" and len(args) > 3:  # or redis-py would read the long form's reply as the short one's
            options["parse_detail"] = True
        return await super().execute_command(*args, **options)


def raw_client(url: str) -> RawClient:
    """Return a client whose replies are text. It waits as long as a command says, and sends nothing twice.

    redis-py's defaults would silently retry a timed-out command ten times (see jobqueue/server/connect.py).
    """
    client = RawClient.from_url(
        url, decode_responses=True, protocol=2, socket_timeout=None, retry=Retry(NoBackoff(), 0)
    )
    if not isinstance(client, RawClient):  # it always is, but redis-py only promises a Redis
        raise TypeError(f"{client} is no RawClient")
    return client
