"""The replies of one step, as its program gets them."""

import redis

from jobqueue.explorer.record import Choice, Command, Commands, Record, Reply
from jobqueue.explorer.redis_seam.commands import TRANSACTION
from jobqueue.explorer.redis_seam.content import Content
from jobqueue.explorer.redis_seam.idle import floor_idle
from jobqueue.explorer.redis_seam.rewrite import blocks_for


def blocks(commands: Commands) -> bool:
    """Does this step block an idle connection? Inside a transaction no command does."""
    return len(commands) == 1 and blocks_for(commands[0]) is not None


def open_scripts(sent: list[Command], replies: list[Reply]) -> tuple[list[Reply], Commands | None]:
    """Take the scripts' answers out of `replies` to the commands `sent`.

    Also returns the commands that the scripts sent; None if one failed, as it doesn't say what it had sent before.
    """
    opened, failed = [], False
    calls: list[Command] = []
    queued: list[Command] = []

    def open_one(command: Command, reply: Reply) -> Reply:
        nonlocal failed
        if not command[0].startswith(b"EVAL") or reply == b"QUEUED":
            return reply
        if isinstance(reply, Exception) or not command[0].startswith(b"EVALSHA"):  # EVAL: without our prelude
            failed = True
            return reply
        calls.extend(map(tuple, reply[0]))
        return reply[1] if len(reply) > 1 else None

    for command, reply in zip(sent, replies, strict=True):
        if command[0] == b"EXEC" and isinstance(reply, list):
            reply = [open_one(*pair) for pair in zip(queued, reply, strict=True)]
        queued = [] if command[0] in TRANSACTION else [*queued, command]
        opened.append(open_one(command, reply))
    return opened, None if failed else tuple(calls)


def unwrap(
    choice: Choice, commands: Commands, replies: list[Reply], content: Content | None, now: float
) -> list[Reply]:
    """One reply per command, without the commands that the fault, or we ourselves, put around them.

    `content` is Redis just then, if some command is XINFO; `now` is the virtual time.
    """
    if choice.kind == "send_again":
        replies = replies[len(replies) // 2 :]
    elif choice.kind == "refuse_memory":
        replies = replies[1:-1]
    if blocks(commands):
        replies = replies[2:] if isinstance(replies[2], Exception) else [replies[2][0]]
    elif commands[0][0] == b"MULTI" and isinstance(replies[-1], list):
        inner = zip(commands[1:-1], replies[-1], strict=True)
        replies = [*replies[:-1], [_settle(command, reply, content, now) for command, reply in inner]]
    return [_settle(command, reply, content, now) for command, reply in zip(commands, replies, strict=True)]


def _settle(command: Command, reply: Reply, content: Content | None, now: float) -> Reply:
    """A reply without what only chance decides: how long ago something was, and the order that a server chose."""
    if command[0] in (b"HGETALL", b"SMEMBERS") and isinstance(reply, list):
        width = 2 if command[0] == b"HGETALL" else 1
        items = sorted(reply[at : at + width] for at in range(0, len(reply), width))
        return [word for item in items for word in item]
    return floor_idle(command, reply, content, now)


def deliver(choice: Choice, commands: Commands, raw: list[Reply]) -> list[Reply] | None:
    """The part of `raw` that reaches the program. None if it gets nothing, because its read blocks now."""
    if choice.kind == "lose_reply":
        return [redis.ConnectionError("the connection was lost before the reply came")] * len(raw)
    return None if blocks(commands) and raw[0] is None else raw


def ends_a_read(reply: Reply) -> bool:
    """Does the answer to a blocking read, sent again inside MULTI … EXEC, end it?"""
    return isinstance(reply, list) and reply[0] is not None


def refused(record: Record) -> bool:
    """Did full memory make a difference? For a script the answer is always yes, as it may have caught the error."""
    name = record.commands[0][0]
    return name.startswith((b"EVAL", b"FCALL")) or any(
        isinstance(reply, redis.exceptions.OutOfMemoryError) for reply in record.raw
    )
