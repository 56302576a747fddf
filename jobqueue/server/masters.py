"""Past one server: find the master of a queue in a cluster, or by sentinels, and follow it through failovers.

    redis+cluster://a:7000,b:7001,c:7002        some nodes of a cluster, any of them
    redis+sentinel://a:26379,b:26379/mymaster   the sentinels, and the name of what they watch

rediss+… uses TLS. User, password and ?db= are for the server. A queue's keys share one slot, so at any time one server
holds the whole queue, and the usual plain client talks to it. Only the address of that server changes. A cluster tells
it with MOVED. Sentinels are asked for it whenever a connection is made.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import redis.asyncio
from redis.exceptions import ClusterDownError, ConnectionError, MovedError, ReadOnlyError, RedisError, TimeoutError

from jobqueue.server.connect import Client, connect
from jobqueue.server.urls import refuse_url

#: Servers that may redirect one command. Usually it's one; during a failover there may be more.
HOPS = 8

USAGE = "say redis+cluster://HOST:PORT,HOST:PORT or redis+sentinel://HOST:PORT,HOST:PORT/SERVICE"

Address = tuple[str, int]


class Masters:
    """The master's address, as far as we know. All clients of a queue share it.

    `addresses` belong to sentinels that know the master as `service`. Without a service they're nodes of a cluster.
    """

    def __init__(self, addresses: list[Address], service: str):
        self.addresses, self.service = addresses, service
        self.known: Address | None = None
        self._turn = -1

    async def find(self) -> Address:
        """The address to connect to. While a cluster's master isn't known, it's any node, which then answers MOVED."""
        if self.known:
            return self.known
        if not self.service:
            return self._next()
        answers = []
        for _ in self.addresses:
            host, port = sentinel = self._next()
            try:
                self.known = await self._ask(sentinel)
            except (RedisError, OSError) as error:
                answers.append(f"{host}:{port}: {error}")
                continue
            if self.known:
                return self.known
            answers.append(f"{host}:{port}: it watches no master of that name")
        raise ConnectionError(f"no sentinel knows a master named {self.service!r} ({'; '.join(answers)})")

    def _next(self) -> Address:
        self._turn += 1
        return self.addresses[self._turn % len(self.addresses)]

    async def _ask(self, sentinel: Address) -> Address | None:
        async with connect(f"redis://{_written(sentinel)}") as client:
            address: Any = await client.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", self.service)
        return (address[0].decode(), int(address[1])) if address else None


class Follower(Client):
    """A client whose pool follows `masters`."""

    @property
    def masters(self) -> Masters:
        masters: Masters = self.connection_pool.connection_class.masters  # type: ignore[attr-defined]
        return masters

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        for _ in range(HOPS):
            try:
                return await super().execute_command(*args, **options)
            except MovedError as moved:  # it didn't run there, so it may be sent elsewhere
                await self._go(moved.host and (moved.host, moved.port))
                if args[0] == "XREADGROUP":  # the caller unblocks it by its connection's id, which has changed
                    raise ConnectionError(f"moved to {moved.host}:{moved.port}") from None
            # It's no longer a master, or it's cut off from the other nodes, or it's frozen and perhaps replaced.
            except (ReadOnlyError, ClusterDownError, TimeoutError):
                await self._go(None)
                raise
        raise ConnectionError(f"redirected {HOPS} times without finding a master; is a failover under way?")

    async def _go(self, address: Address | None) -> None:
        """Connect to `address` from now on; without one, look for the master again."""
        self.masters.known = address or None
        self.leave_line()
        if self.connection:
            await self.connection.disconnect()
        await self.connection_pool.disconnect(inuse_connections=False)


class _Following:
    """The part of a connection that looks for its server each time it connects."""

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
    """The function that makes clients for `url`: `connect`, or one whose clients follow the master of several servers.

    Raises BadSetting for addresses that can't be parsed.
    """
    scheme, plus, kind = url.partition("://")[0].lower().partition("+")
    if not plus:
        return connect
    try:
        parts = urlsplit(url)
        before, at, hosts = parts.netloc.rpartition("@")
        service, port = parts.path.strip("/"), 26379 if kind == "sentinel" else 6379
        addresses = [_address(host, port) for host in hosts.split(",")]
    except ValueError:  # its own words quote the url, and so perhaps a password
        raise refuse_url(url, USAGE) from None
    known = kind in ("cluster", "sentinel") and scheme in ("redis", "rediss")
    if not known or not hosts or "@" in service or (kind == "sentinel") != bool(service):
        raise refuse_url(url, USAGE)
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    plain = f"{scheme}://{before}{at}{_written(addresses[0])}?{parts.query}{fragment}"
    masters = Masters(addresses, service)
    return lambda _: _follow(masters, plain)  # not a partial, whose repr quotes the password


def _address(text: str, default: int) -> Address:
    parts = urlsplit(f"//{text}")
    return parts.hostname or "localhost", parts.port or default


def _written(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _follow(masters: Masters, plain: str) -> redis.asyncio.Redis:
    client = connect(plain, Follower)
    made = client.connection_pool.connection_class
    client.connection_pool.connection_class = type(made.__name__, (_Following, made), {"masters": masters})
    return client
