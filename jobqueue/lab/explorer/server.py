"""Redis, as one step at a time asks it: the faults that are the server's, blocking reads that never block, ageing."""

import re

from redis.exceptions import ConnectionError, OutOfMemoryError

from jobqueue.lab.explorer.content import Content
from jobqueue.lab.explorer.determinism import real_monotonic
from jobqueue.lab.explorer.record import Choice, Record
from jobqueue.lab.explorer.rewrite import Rewriter, blocks_for, floor_idle
from jobqueue.lab.explorer.wire import Wire, pack

#: Seconds after which idle times are set right again: the server's clock is real, and they are whole seconds to us.
DRIFT = 0.4

#: A step without a command: an effect outside Redis.
EFFECT = b"#"

FLUSH = pack([(b"FLUSHDB",)])


class Server:
    """The server at `url`, which is emptied. Holds one connection, and one more for each client that WATCHes."""

    def __init__(self, url: str):
        self.url = url
        self.wire = Wire(url)
        self.owed = 0  # replies that were not received yet
        self.rewriter = Rewriter(self._load)
        self.fresh = real_monotonic()  # when idle times were last exact
        self.watching = {}  # a client's Connection -> its own Wire
        self.spare = []
        (commands,) = self.wire.exchange(pack([(b"COMMAND",)]), 1)
        self.flags = {row[0].upper(): frozenset(row[2]) for row in commands}
        (self.info,) = self.wire.exchange(pack([(b"INFO", b"server")]), 1)
        limit = self.wire.exchange(pack([(b"CONFIG", b"GET", b"maxmemory")]), 1)[0][1]
        self._memory_full = (b"CONFIG", b"SET", b"maxmemory", b"1")
        self._memory_free = (b"CONFIG", b"SET", b"maxmemory", limit)

    def look(self) -> Content:
        return Content(self.wire.exchange(self.wire.read_all, 1)[0])

    def start_over(self, data: bytes, count: int) -> None:
        """Send what makes a state, from an empty database; `count` replies are owed, until `settle`."""
        self.fresh = real_monotonic()
        self.wire.send(data)
        self.owed = count

    def settle(self) -> None:
        """Receive the replies that are owed: they are known already."""
        count, self.owed = self.owed, 0
        self.wire.receive(count)

    def flags_of(self, commands) -> set[bytes]:
        """What Redis says of these commands: "readonly", "denyoom" (refused when memory is full), …"""
        return set().union(*(self.flags.get(name, ()) for name, *_ in commands))

    def ask(self, choice: Choice, request, parked: list, now: float, look: bool) -> tuple[Record, Content | None]:
        """Run a request's next step, with whatever fault strikes it; then see which of the `parked` reads it woke.

        Returns the Record, and Redis's content afterwards if `look`.
        """
        commands = tuple(request.steps[0])
        if commands[0][0] == EFFECT:
            return Record(choice, commands, replies=[b"OK"]), None
        if commands[0][:2] == (b"CLIENT", b"UNBLOCK"):
            woken = tuple((other.lane, None) for other in parked if other.connection.id == int(commands[0][2]))
            return Record(choice, commands, replies=[len(woken)], woken=woken, raw=(len(woken),)), None
        if real_monotonic() - self.fresh > DRIFT and not self.watching:
            self.age(0)
        sent = self._to_send(commands, now)
        if choice.kind == "send_again":
            sent = sent * 2
        elif choice.kind == "refuse_memory":
            sent = [self._memory_full, *sent, self._memory_free]
        retries = [command for other in parked for command in self._to_send(other.steps[0], now)]
        data, count = pack(sent + retries), len(sent) + len(retries)
        watches = request.connection in self.watching or commands[0][0] == b"WATCH"
        if watches:
            replies, content = self._ask_watching(request.connection, commands, sent, retries), None
        else:
            replies = self.wire.exchange(data + self.wire.read_all if look else data, count + look)
            content = Content(replies.pop()) if look else None
        mine, others = replies[: len(sent)], replies[len(sent) :]
        raw = self._my_replies(choice, commands, mine)
        woken = tuple(
            (other.lane, reply[0]) for other, reply in zip(parked, others[2::3], strict=True) if _found(reply)
        )
        answer = raw
        if choice.kind == "lose_reply":
            answer = [ConnectionError("the connection was lost before the reply came")] * len(raw)
        elif _blocks(commands) and raw[0] is None:
            answer = None
        return Record(choice, commands, data, count, answer, woken, tuple(raw), watches), content

    def age(self, seconds: float) -> tuple[bytes, int]:
        """Let `seconds` pass for what is pending and for what expires. Returns the bytes that did it, and their count.

        XCLAIM would erase the row of an entry that is gone from the stream; such a row keeps its idle time.
        """
        content, commands = self.look(), []
        for key, group, id, consumer, idle, _, alive in content.rows():
            if alive:
                new = b"%d" % ((idle + seconds) * 1000)
                commands.append((b"XCLAIM", key, group, consumer, b"0", id, b"IDLE", new, b"JUSTID"))
        for key, ttl in content.expiring.items():
            commands.append((b"PEXPIRE", key, b"%d" % ((ttl - seconds) * 1000)))
        data = pack(commands)
        if commands:
            self.wire.exchange(data, len(commands))
        self.fresh = real_monotonic()
        return data, len(commands)

    def spoiled(self) -> list[int]:
        """The ids of clients whose watched keys were touched: their EXEC will fail, though the content may be the same
        as if nobody had."""
        flags = b"flags=([a-zA-Z]*)"
        told = {client.id: wire.exchange(pack([(b"CLIENT", b"INFO")]), 1)[0] for client, wire in self.watching.items()}
        return sorted(id for id, line in told.items() if b"d" in re.search(flags, line)[1])

    def unwatch(self, connection) -> None:
        """What EXEC, UNWATCH and a lost connection do."""
        if wire := self.watching.pop(connection, None):
            wire.exchange(pack([(b"UNWATCH",)]), 1)
            self.spare.append(wire)

    def unwatch_all(self) -> None:
        for connection in list(self.watching):
            self.unwatch(connection)

    def close(self) -> None:
        for wire in (self.wire, *self.spare, *self.watching.values()):
            wire.close()

    def _to_send(self, commands, now: float) -> list[tuple]:
        sent = [self.rewriter.rewrite(command, now) for command in commands]
        return [(b"MULTI",), *sent, (b"EXEC",)] if _blocks(commands) else sent

    def _ask_watching(self, connection, commands, sent, retries) -> list:
        if connection not in self.watching:
            self.watching[connection] = self.spare.pop() if self.spare else Wire(self.url)
        replies = self.watching[connection].exchange(pack(sent), len(sent))
        if commands[-1][0] in (b"EXEC", b"DISCARD"):
            self.unwatch(connection)
        return replies + (self.wire.exchange(pack(retries), len(retries)) if retries else [])

    def _my_replies(self, choice: Choice, commands, replies: list) -> list:
        if choice.kind == "send_again":
            replies = replies[len(replies) // 2 :]
        elif choice.kind == "refuse_memory":
            replies = replies[1:-1]
        if _blocks(commands):
            replies = replies[2:] if isinstance(replies[2], Exception) else [replies[2][0]]
        elif commands[0][0] == b"MULTI" and isinstance(replies[-1], list):
            inner = zip(commands[1:-1], replies[-1], strict=True)
            replies = [*replies[:-1], [floor_idle(command[0], reply) for command, reply in inner]]
        return [floor_idle(command[0], reply) for command, reply in zip(commands, replies, strict=True)]

    def _load(self, script: bytes):
        self.settle()  # a program may begin with a script that is new
        return self.wire.exchange(pack([(b"SCRIPT", b"LOAD", script)]), 1)[0]


def refused(record: Record) -> bool:
    """Did memory being full make a difference? Always taken to, for scripts: they may have caught the error."""
    name = record.commands[0][0]
    return name.startswith((b"EVAL", b"FCALL")) or any(isinstance(reply, OutOfMemoryError) for reply in record.raw)


def _blocks(commands) -> bool:
    return len(commands) == 1 and blocks_for(commands[0]) is not None


def _found(reply) -> bool:
    return isinstance(reply, list) and reply[0] is not None
