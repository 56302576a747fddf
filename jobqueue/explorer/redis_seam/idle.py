"""Idle times and instants as a program meets them: whole seconds of virtual time.

The server's clock is real. So it runs on while we think, and it knows nothing of the time that we let pass. No command
sets a consumer's own idle time, so we say it's that of its freshest pending entry.
"""

from jobqueue.explorer.record import Command, Reply
from jobqueue.explorer.redis_seam.content import Content, pairs

#: Where XPENDING … IDLE, XCLAIM and XAUTOCLAIM say how long an entry must have been idle.
_LEAST_AT = 4

#: Fields of XINFO that are spans since a consumer spoke, or instants at which it did.
_SPANS, _INSTANTS = (b"idle", b"inactive"), (b"seen-time", b"active-time")


def round_up_least(command: Command) -> Command:
    """Round up to whole seconds how long an entry must have been idle, so that a fraction of a second can't matter."""
    name, at = command[0], _LEAST_AT
    if name in (b"XCLAIM", b"XAUTOCLAIM") or (name == b"XPENDING" and command[3:4] and command[3].upper() == b"IDLE"):
        return (*command[:at], b"%d" % (-(-int(command[at]) // 1000) * 1000), *command[at + 1 :])
    return command


def round_up_expiry(command: Command) -> Command:
    """Round up to whole seconds how long a key lives: only virtual time may end it."""
    at = {b"PSETEX": 2, b"PEXPIRE": 2}.get(command[0])
    if command[0] in (b"SET", b"GETEX"):
        at = next((at for at, word in enumerate(command[:-1], 1) if at > 2 and word.upper() == b"PX"), None)
    if at is None or int(command[at]) <= 0:
        return command
    return (*command[:at], b"%d" % (-(-int(command[at]) // 1000) * 1000), *command[at + 1 :])


def virtual_time(now: float) -> list[Reply]:
    """The answer to TIME: seconds, and microseconds."""
    return [b"%d" % now, b"0"]


def floor_idle(command: Command, reply: Reply, content: Content | None, now: float) -> Reply:
    """`reply` with idle times floored to whole seconds, and instants as they are at virtual time `now`.

    `content` is Redis just then, of which only XINFO has need.
    """
    name = command[0]
    if name == b"TIME":
        return virtual_time(now)
    if name == b"XPENDING" and isinstance(reply, list) and reply and isinstance(reply[0], list) and len(reply[0]) == 4:
        return [[*row[:2], _floor(row[2]), *row[3:]] for row in reply]
    if name == b"XINFO" and isinstance(reply, list) and content:
        return _Translator(content, now).translate(command, reply)
    if name in (b"PTTL", b"TTL") and isinstance(reply, int) and reply > 0:
        return -(-reply // 1000) * 1000 if name == b"PTTL" else reply
    return reply


class _Translator:
    """A translator of XINFO's replies."""

    def __init__(self, content: Content, now: float):
        self.content, self.now_ms = content, int(now * 1000)
        self.idle: dict[tuple[bytes, bytes, bytes], int] = {}  # of each consumer, by its freshest entry
        for key, group, _, consumer, idle, *_ in content.rows():
            self.idle[key, group, consumer] = min(idle * 1000, self.idle.get((key, group, consumer), idle * 1000))

    def translate(self, command: Command, reply: list[Reply]) -> list[Reply]:
        kind, key, *rest = command[1].upper(), *command[2:]
        if kind == b"CONSUMERS" and rest:
            return [self._consumer(row, key, rest[0]) for row in reply]
        if kind == b"STREAM" and rest:
            at = reply.index(b"groups") + 1
            return [*reply[:at], [self._group(group, key) for group in reply[at]], *reply[at + 1 :]]
        return reply

    def _group(self, group: list[Reply], key: bytes) -> list[Reply]:
        named = pairs(group)
        named[b"pending"] = [[id, owner, self._instant(at), times] for id, owner, at, times in named[b"pending"]]
        named[b"consumers"] = [self._consumer(row, key, named[b"name"]) for row in named[b"consumers"]]
        return [word for pair in named.items() for word in pair]

    def _consumer(self, row: list[Reply], key: bytes, group: bytes) -> list[Reply]:
        named = pairs(row)
        idle = self.idle.get((key, group, named[b"name"]), 0)
        for field in _SPANS:
            if named.get(field, -1) >= 0:  # -1: it never did
                named[field] = idle
        for field in _INSTANTS:
            if named.get(field, -1) >= 0:
                named[field] = self.now_ms - idle
        for field in (b"pel", b"pending"):
            if isinstance(named.get(field), list):
                named[field] = [[id, self._instant(at), times] for id, at, times in named[field]]
        return [word for pair in named.items() for word in pair]

    def _instant(self, at: int) -> int:
        return self.now_ms - _floor(max(0, self.content.now_ms - at))


def _floor(milliseconds: int) -> int:
    return milliseconds // 1000 * 1000
