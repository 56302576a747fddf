"""Redis, asked one step at a time: with faults that strike the server, reads that never block, and entries that age."""

import contextlib
import re
from collections.abc import Callable
from time import monotonic as real_monotonic  # bound here, before determinism.py puts virtual time in its place
from typing import TYPE_CHECKING, TypeVar

from jobqueue.explorer.record import Choice, Command, Commands, Record, Reply
from jobqueue.explorer.redis_seam.commands import CommandTable
from jobqueue.explorer.redis_seam.content import Content
from jobqueue.explorer.redis_seam.replies import blocks, deliver, ends_a_read, open_scripts, unwrap
from jobqueue.explorer.redis_seam.request import Request
from jobqueue.explorer.redis_seam.rewrite import Rewriter
from jobqueue.explorer.redis_seam.wire import Wire, pack

if TYPE_CHECKING:  # its client imports this one
    from jobqueue.explorer.redis_seam.client import SteppedConnection

T = TypeVar("T")

#: Seconds after which idle times are set right again: the server's clock is real, and they are whole seconds to us.
DRIFT = 0.4

#: Seconds after which idle times may be off by one: the machine paused, or is very busy. Then a schedule is run again.
LATE = 0.9

#: How often in a row that's done. After that we take what comes: the program itself may be that slow.
ATTEMPTS = 3

#: A step without a command: an effect outside Redis.
EFFECT = b"#"

FLUSH = pack([(b"FLUSHDB",)])

#: Before the first schedule only, because hardly any program uses other databases or functions.
CLEAR = pack([(b"FLUSHALL",), (b"FUNCTION", b"FLUSH")])


class Late(Exception):
    """The machine paused in the middle of a schedule, so idle times may be off by a second. Run it again."""


def until_in_time(attempt: Callable[[], T]) -> T:
    """Call `attempt` until the machine doesn't pause meanwhile."""
    while True:
        with contextlib.suppress(Late):
            return attempt()


class SteppedServer:
    """The server at `url`, which is emptied. We use one connection, and another per client that WATCHes."""

    drift, late_after = DRIFT, LATE  # a server whose clock stands still never drifts

    def __init__(self, url: str):
        self.url = url
        self.wire = self.make_wire()
        self.stuck = False  # a script in it never ends
        self.strayed = False  # some program has made a function, or reached another database
        self.owed = 0  # replies that were not received yet
        self.rewriter = Rewriter(self._load)
        self.fresh = real_monotonic()  # when idle times were last exact
        self.late = 0  # attempts in a row that came too late
        self.watching: dict[SteppedConnection, Wire] = {}  # each client that WATCHes, and its own connection
        self.watched: dict[SteppedConnection, frozenset[bytes]] = {}  # the keys that they WATCH
        self.spare: list[Wire] = []
        self.wire.exchange(pack([(b"CONFIG", b"SET", b"lua-time-limit", b"1000")]), 1)  # see Wire._is_busy
        (commands,) = self.wire.exchange(pack([(b"COMMAND",)]), 1)
        self.table = CommandTable(commands)
        (self.info,) = self.wire.exchange(pack([(b"INFO", b"server")]), 1)
        limit = self.wire.exchange(pack([(b"CONFIG", b"GET", b"maxmemory")]), 1)[0][1]
        self._memory_full: Command = (b"CONFIG", b"SET", b"maxmemory", b"1")
        self._memory_free: Command = (b"CONFIG", b"SET", b"maxmemory", limit)

    def connect(self) -> None:
        """Open a new connection. A process that was just forked must do that."""
        self.wire = self.make_wire()

    def make_wire(self) -> Wire:
        return Wire(self.url)

    def look(self) -> Content:
        if self.stuck:
            return Content([0, []])
        content = Content(self.wire.exchange(self.wire.read_all, 1)[0])
        self._be_in_time()
        return content

    def be_fresh(self) -> None:
        """Note that nothing has aged yet."""
        self.fresh = real_monotonic()

    def start_over(self, data: bytes, count: int) -> None:
        """Send all that makes a state, from an empty database. Its `count` replies stay unread until `settle`."""
        self.be_fresh()
        self.wire.send(CLEAR + data if self.strayed else data)
        self.owed = count + 2 * self.strayed

    def settle(self) -> None:
        """Read the replies that are owed, and drop them, because they're known already."""
        count, self.owed = self.owed, 0
        self.wire.receive(count)

    def ask(
        self, choice: Choice, request: Request, parked: list[Request], now: float, look: bool
    ) -> tuple[Record, Content | None]:
        """Run a request's next step, with whatever fault strikes it, and find out which `parked` reads it ends.

        Returns the Record, and Redis's content afterwards if `look`.
        """
        commands = tuple(request.steps[0])
        if commands[0][0] == EFFECT:
            return Record(choice, commands, replies=[b"OK"]), None
        if commands[0][:2] == (b"CLIENT", b"UNBLOCK"):
            return _unblock(choice, commands, parked), None
        if real_monotonic() - self.fresh > self.drift and not self.watching:
            self.age(0)
        self.strayed = self.strayed or any(name in (b"FUNCTION", b"MOVE", b"COPY") for name, *_ in commands)
        sent = self._strike(choice, self._prepare(commands, now))
        retries = [command for other in parked for command in self._prepare(tuple(other.steps[0]), now)]
        data, count, content = pack(sent + retries), len(sent) + len(retries), None
        watched = self._watched(request.connection, commands)
        if watched:
            replies = self._ask_watching(request.connection, commands, sent, retries)
        else:
            replies = self.wire.exchange(data + self.wire.read_all if look else data, count + look)
            content = Content(replies.pop()) if look else None
        self._be_in_time()
        mine, calls = open_scripts(sent, replies[: len(sent)])
        asks = any(name == b"XINFO" for name, *_ in commands)
        raw = unwrap(choice, commands, mine, self.look() if asks else None, now)
        again = zip(parked, replies[len(sent) :][2::3], strict=True)  # each inside MULTI … EXEC: three replies
        woken = tuple((other.lane, reply[0]) for other, reply in again if ends_a_read(reply))
        delivered = deliver(choice, commands, raw)
        return Record(choice, commands, data, count, delivered, woken, tuple(raw), watched, calls), content

    def age(self, seconds: float) -> tuple[bytes, int]:
        """Let `seconds` pass for pending entries and for keys that expire.

        Returns the bytes that did it, and how many replies they bring.
        XCLAIM would erase the row of an entry that is gone from the stream; such a row keeps its idle time.
        """
        content = self.look()
        commands: list[Command] = []
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
        """The ids of clients whose watched keys were touched. Their EXEC will fail, even if nothing differs now."""
        info = pack([(b"CLIENT", b"INFO")])
        flags = re.compile(b"flags=[a-zA-Z]*d")
        return sorted(client.id for client, wire in self.watching.items() if flags.search(wire.exchange(info, 1)[0]))

    def unwatch(self, connection: "SteppedConnection") -> None:
        """Stop watching, as EXEC, UNWATCH and a lost connection do."""
        self.watched.pop(connection, None)
        if wire := self.watching.pop(connection, None):
            wire.exchange(pack([(b"UNWATCH",)]), 1)
            self.spare.append(wire)

    def unwatch_all(self) -> None:
        for connection in list(self.watching):
            self.unwatch(connection)

    def close(self) -> None:
        for wire in (self.wire, *self.spare, *self.watching.values()):
            wire.close()

    def _be_in_time(self) -> None:
        """Raise Late if what was just read may be off."""
        in_time = real_monotonic() - self.fresh < self.late_after
        self.late = 0 if in_time else self.late + 1
        if 0 < self.late <= ATTEMPTS:
            raise Late

    def _prepare(self, commands: Commands, now: float) -> list[Command]:
        """The commands to send for one step: rewritten, and in a transaction if they'd block."""
        sent = [self._rewrite(command, now) for command in commands]
        return [(b"MULTI",), *sent, (b"EXEC",)] if blocks(commands) else sent

    def _rewrite(self, command: Command, now: float) -> Command:
        try:
            return self.rewriter.rewrite(command, now)
        except (IndexError, KeyError, ValueError):  # Redis doesn't take it either: let the server say so
            return command

    def _strike(self, choice: Choice, sent: list[Command]) -> list[Command]:
        """Add the fault, if it's one that strikes the server."""
        if choice.kind == "send_again":
            return sent * 2
        return [self._memory_full, *sent, self._memory_free] if choice.kind == "refuse_memory" else sent

    def _watched(self, connection: "SteppedConnection", commands: Commands) -> frozenset[bytes]:
        """The keys that this client WATCHes, with those of a WATCH that it sends now."""
        if commands[0][0] == b"WATCH":
            self.watched[connection] = self.watched.get(connection, frozenset()) | frozenset(commands[0][1:])
        return self.watched.get(connection, frozenset())

    def _ask_watching(
        self, connection: "SteppedConnection", commands: Commands, sent: list[Command], retries: list[Command]
    ) -> list[Reply]:
        if connection not in self.watching:
            self.watching[connection] = self.spare.pop() if self.spare else self.make_wire()
        replies = self.watching[connection].exchange(pack(sent), len(sent))
        if commands[-1][0] in (b"EXEC", b"DISCARD"):
            self.unwatch(connection)
        return replies + (self.wire.exchange(pack(retries), len(retries)) if retries else [])

    def _load(self, script: bytes) -> Reply:
        self.settle()  # a program may begin with a script that is new
        return self.wire.exchange(pack([(b"SCRIPT", b"LOAD", script)]), 1)[0]


def _unblock(choice: Choice, commands: Commands, parked: list[Request]) -> Record:
    """The record of a CLIENT UNBLOCK, which needs no server, because no read of ours ever blocks there."""
    woken = tuple((other.lane, None) for other in parked if other.connection.id == int(commands[0][2]))
    return Record(choice, commands, replies=[len(woken)], woken=woken, raw=(len(woken),))
