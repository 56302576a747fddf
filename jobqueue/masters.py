"""Past one server: find the master of a queue in a cluster, or by sentinels, and follow it through failovers.

    redis+cluster://a:7000,b:7001,c:7002        some nodes of a cluster, any of them
    redis+sentinel://a:26379,b:26379/mymaster   the sentinels, and the name of what they watch

rediss+… with TLS; user, password and ?db= are for the server. A queue's keys share one slot, so at any time one server
has all of it, and what talks to it is the same plain client as ever. Only where that server is may change: it is told
by MOVED (a cluster) or asked (sentinels), whenever a connection is made.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import redis.asyncio
from redis.exceptions import ClusterDownError, ConnectionError, MovedError, ReadOnlyError, RedisError, TimeoutError

from jobqueue.connect import Client, connect

#: Servers that one command may be sent on to. One is the rule; more while a failover is under way.
HOPS = 8

Address = tuple[str, int]


class Masters:
    """Where the master is, as far as we know: one view for all clients of a queue.

    `addresses` are those of sentinels that know it by the name `service`, or without one, nodes of a cluster.
    """

    def __init__(self, addresses: list[Address], service: str):
        self.addresses, self.service = addresses, service
        self.known: Address | None = None
        self._turn = -1

    async def find(self) -> Address:
        """Where to connect. In a cluster, as long as it is not known, any node: that will say MOVED."""
        if self.known:
            return self.known
        if not self.service:
            return self._next()
        told = []
        for _ in self.addresses:
            host, port = sentinel = self._next()
            try:
                self.known = await self._ask(sentinel)
            except (RedisError, OSError) as error:
                told.append(f"{host}:{port}: {error}")
                continue
            if self.known:
                return self.known
            told.append(f"{host}:{port}: it watches none of that name")
        raise ConnectionError(f"no sentinel knows a master named {self.service!r} ({'; '.join(told)})")

    def _next(self) -> Address:
        self._turn += 1
        return self.addresses[self._turn % len(self.addresses)]

    async def _ask(self, sentinel: Address) -> Address | None:
        url = f"redis://{sentinel[0]}:{sentinel[1]}"
        async with connect(url) as client:
            found: Any = await client.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", self.service)
        return (found[0].decode(), int(found[1])) if found else None


class Follower(Client):
    """A client whose pool follows `masters`."""

    @property
    def masters(self) -> Masters:
        found: Masters = self.connection_pool.connection_class.masters  # type: ignore[attr-defined]
        return found

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        for _ in range(HOPS):
            try:
                return await super().execute_command(*args, **options)
            except MovedError as moved:  # it has not been carried out there: it may be said again elsewhere
                await self._go(moved.host and (moved.host, moved.port))
                if args[0] == "XREADGROUP":  # it is to be unblocked by its connection's id, which is another now
                    raise ConnectionError(f"moved to {moved.host}:{moved.port}") from None
            # A master no more; cut off from the other nodes; or frozen, and perhaps replaced.
            except (ReadOnlyError, ClusterDownError, TimeoutError):
                await self._go(None)
                raise
        raise ConnectionError(f"sent on {HOPS} times, and no master is there: a failover?")

    async def _go(self, address: Address | None) -> None:
        """Connect to `address` from now on, or wherever the master will be found."""
        self.masters.known = address or None
        if self.connection:
            await self.connection.disconnect()
        await self.connection_pool.disconnect(inuse_connections=False)


class _Following:
    """The part of a connection that finds its server anew each time it connects."""

    masters: Masters

    async def _connect(self) -> None:
        for last in (*[False] * len(self.masters.addresses), True):
            self.host, self.port = await self.masters.find()
            try:
                return await super()._connect()  # type: ignore[misc]
            except OSError:
                self.masters.known = None
                if last:
                    raise


def connector(url: str) -> Callable[[str], redis.asyncio.Redis]:
    """What makes clients for `url`: `connect`, or for several servers one that follows their master."""
    parts = urlsplit(url)
    scheme, plus, kind = parts.scheme.partition("+")
    if not plus:
        return connect
    before, at, hosts = parts.netloc.rpartition("@")
    service, port = parts.path.strip("/"), 26379 if kind == "sentinel" else 6379
    if kind not in ("cluster", "sentinel") or not hosts or (kind == "sentinel") != bool(service):
        raise ValueError("say redis+cluster://HOST:PORT,HOST:PORT or redis+sentinel://HOST:PORT,HOST:PORT/SERVICE")
    addresses = [_address(host, port) for host in hosts.split(",")]
    plain = f"{scheme}://{before}{at}{addresses[0][0]}:{addresses[0][1]}?{parts.query}"
    return partial(_follow, Masters(addresses, service), plain)


def _address(text: str, default: int) -> Address:
    parts = urlsplit(f"//{text}")
    return parts.hostname or "localhost", parts.port or default


def _follow(masters: Masters, plain: str, url: str) -> redis.asyncio.Redis:
    client = connect(plain, Follower)
    made = client.connection_pool.connection_class
    client.connection_pool.connection_class = type(made.__name__, (_Following, made), {"masters": masters})
    return client
