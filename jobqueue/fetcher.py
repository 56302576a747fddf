"""Fetch: the one transition that is no script, because XREADGROUP already is one step."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Collection, Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError, TimeoutError

from jobqueue.errors import BadSetting
from jobqueue.keys import GROUP, TIERS, Tier
from jobqueue.priority import Policy, named, strict
from jobqueue.queue import Queue
from jobqueue.scripts import Transitions

log = logging.getLogger("jobqueue")

#: A delivered entry: its tier, its id and its fields.
Delivered = tuple[Tier, bytes, dict[bytes, bytes]]


class Fetcher:
    """Fetches for the consumer named `consumer`, from the tier that `policy` picks.

    While the queue has a policy set, that one picks: one of `policies`, or one that is built in.
    """

    def __init__(self, queue: Queue, consumer: str, policy: Policy, policies: dict[str, Policy], rng: random.Random):
        self.keys, self.consumer, self.policy, self.policies, self.rng = queue.keys, consumer, policy, policies, rng
        self._in_force: tuple[str | None, Policy] = (None, policy)
        self.tiers = {queue.keys.stream(tier).encode(): tier for tier in TIERS}
        self.redis = queue.connect(queue.url)
        self.transitions = Transitions(self.redis, queue.keys)
        # A blocking read has a connection to itself, so that nothing waits behind it and CLIENT UNBLOCK finds it.
        self._ear = queue.connect(queue.url).client()
        self._ear_id: int | None = None
        self._blocked = self._idle = False
        self._may_block = True
        self._inherited: set[tuple[Tier, str]] | None = None

    async def fetch(self, free: int, seconds: float) -> list[Delivered]:
        """At most `free` entries of one tier. If no tier has any: waits up to `seconds`, and takes the first to come.

        One tier a read, because COUNT is per stream: a read over three may bring three times as many. The waiting read
        is over three, with COUNT 1; the caller hands back what it has no slot for.
        """
        if not self._idle:  # after a wait for nothing there is nothing to pick from: wait again
            name, heads = await self.transitions.heads()
            if name != self._in_force[0]:
                self._in_force = (name, self._named(name))
            if heads:
                return await self._read(self.redis, [self._pick(heads)], count=free)
        if self._ear_id is None:
            self._ear_id = await self._ear.client_id()
        if not self._may_block:
            return []
        self._blocked, self._idle = True, False
        try:
            delivered = await self._read(self._ear, TIERS, count=1, block=max(1, round(seconds * 1000)))
            self._idle = not delivered
            return delivered
        except (ConnectionError, TimeoutError):
            self._ear_id = None  # the next connection is another client
            raise
        finally:
            self._blocked = False
            self.transitions.look_again()  # what was seen before is as old as this read took

    async def unblock(self) -> None:
        """End a blocked read, and block no more. Never cancel one: what Redis was just delivering would be lost."""
        self._may_block = False
        # Again until it has ended: the first time may come just before it blocks.
        while self._blocked and self._ear_id is not None:
            with contextlib.suppress(ConnectionError, TimeoutError):  # then the read fails by itself
                await self.redis.client_unblock(self._ear_id)
            await asyncio.sleep(0.01)

    async def unseen(self, held: Collection[tuple[Tier, str]]) -> list[tuple[Tier, str]]:
        """What is pending under our name and not in `held`: delivered in replies that never arrived.

        Not what was so before our first fetch: it was started by a worker of the same name, which it may have killed.
        That takes an attempt, and so it is the reaper's.
        """
        found = []
        for tier in TIERS:
            rows: Any = await self.redis.xpending_range(self.keys.stream(tier), GROUP, "-", "+", 1000, self.consumer)
            found += [(tier, row["message_id"].decode()) for row in rows]
        if self._inherited is None:
            self._inherited = set(found)
        return [address for address in found if address not in held and address not in self._inherited]

    async def close(self) -> None:
        for client in (self._ear, self.redis):
            await client.aclose()
            await client.connection_pool.disconnect()

    async def _read(self, redis: Redis, tiers: Iterable[Tier], **options: Any) -> list[Delivered]:
        streams: dict[Any, Any] = {self.keys.stream(tier): ">" for tier in tiers}
        reply: Any = await redis.xreadgroup(GROUP, self.consumer, streams, **options)
        return [(self.tiers[stream], entry, fields) for stream, entries in reply for entry, fields in entries]

    def _named(self, name: str | None) -> Policy:
        if name is None:
            return self.policy
        try:
            return self.policies.get(name) or named(name, self.rng)
        except BadSetting as error:
            log.error("the queue's policy cannot be followed here (%s): this worker's own instead", error)
            return self.policy

    def _pick(self, heads: dict[Tier, float]) -> Tier:
        if len(heads) == 1:
            return next(iter(heads))
        try:
            tier = self._in_force[1](dict(heads))
            if tier in heads:
                return tier
            log.error("the policy picked %r, which is none of %s: strict priority from now on", tier, list(heads))
        except Exception:  # a policy is somebody's own function: its bug must not stop the fleet, nor fill the log
            log.exception("the policy failed: strict priority from now on")
        self._in_force = (self._in_force[0], strict)
        return strict(heads)
