"""Dates in virtual time."""

import time
from datetime import UTC, datetime, tzinfo
from typing import Self


class VirtualDatetime(datetime):
    """`datetime`, which asks `time.time` at each call, because that one is virtual while programs are explored."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Self:
        return cls.now(UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Self:
        return cls.now()
