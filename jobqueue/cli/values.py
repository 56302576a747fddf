"""Values on the command line: each function parses one word, and raises ArgumentTypeError for one it can't use."""

import argparse
import math
import os
from typing import Any

from jobqueue.admission import watermarks
from jobqueue.errors import JobQueueError

#: Seconds in each unit of a duration.
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_text(word: str) -> str:
    """A word of the command line as UTF-8, whatever the locale: what is sent to Redis is."""
    try:
        return os.fsencode(word).decode()
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError(f"{word!r} is not UTF-8") from None


def parse_seconds(text: str) -> float:
    """A duration that may be 0, and is finite: no part of the queue would check that."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"say a number of seconds, 0 or more, not {text!r}")
    return seconds


def parse_age(text: str) -> float:
    """A duration with its unit, such as 12h, in seconds."""
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in UNITS:
        raise argparse.ArgumentTypeError(f"say a whole number and one of {', '.join(UNITS)}, such as 7d, not {text!r}")
    return int(number) * UNITS[unit]


def parse_bytes(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"say a whole number of bytes, at least 1, not {text!r}")
    return int(text)


def parse_address(text: str) -> tuple[str, int]:
    """`9100` or `0.0.0.0:9100`, as host and port. Without a host, only this machine can connect."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"say PORT or HOST:PORT, not {text!r}")
    return host.strip("[]") or "127.0.0.1", int(port)


def parse_count(text: str) -> int:
    """How many processes to run. Each holds some connections, so thousands would be a slip of the finger."""
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"say a whole number from 1 to 256, not {text!r}")
    return int(text)


def parse_capacity(text: str) -> dict[Any, Any]:
    """`high=100,normal=500:1000` as Queue takes it."""
    limits: dict[Any, Any] = {}
    try:
        for part in text.split(","):
            tier, _, numbers = part.strip().partition("=")
            low_high = tuple(map(int, numbers.split(":")))
            limits[tier] = low_high[0] if len(low_high) == 1 else low_high
        for tier, bound in limits.items():
            watermarks(tier, bound)
    except (JobQueueError, ValueError) as error:
        words = error if isinstance(error, JobQueueError) else "say TIER=N or TIER=LOW:HIGH, in whole numbers"
        raise argparse.ArgumentTypeError(f"{text!r}: {words}") from None
    return limits
