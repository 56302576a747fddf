"""What a queue asks of its server before it relies on it."""

import logging

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from jobqueue.server.connect import require_version
from jobqueue.server.refusals import is_away

log = logging.getLogger("jobqueue")


async def check_server(client: Redis) -> None:
    """Raise ServerTooOld for a server that's too old; warn of one that may evict a queue."""
    try:
        require_version(await client.info("server"))
        policy = (await client.info("memory")).get("maxmemory_policy", "noeviction")
        if policy != "noeviction":  # F47: Redis evicts whole keys, so a stream with all that it holds
            log.warning("this Redis may evict a whole queue when memory is short: set maxmemory-policy noeviction")
    except ResponseError as error:  # no right to INFO, or none of that name: some hosts rename it
        if is_away(error):
            raise
        log.warning("INFO is refused here: nobody checked the server's version and its maxmemory-policy")
