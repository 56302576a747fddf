"""The client of a program: redis-py's own, on a connection that asks the scheduler instead of a socket.

This is the lowest seam that redis-py has. Everything above it is the real thing: commands, pipelines, WATCH, scripts,
and the parsing of replies.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import redis.asyncio
from redis._parsers.encoders import Encoder
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from jobqueue.explorer.fences.trespass import Trespass
from jobqueue.explorer.record import Command, Reply
from jobqueue.explorer.redis_seam.idle import virtual_time
from jobqueue.explorer.redis_seam.request import Request
from jobqueue.explorer.redis_seam.rewrite import HANDSHAKES, sha1

if TYPE_CHECKING:  # the engine lies above
    from jobqueue.explorer.engine.process import Process

#: Commands that the explorer has no way to run: it has no push messages, and no replicas.
NOT_MODELLED = {b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"MONITOR", b"WAIT", b"WAITAOF"}


class SteppedConnection:
    """The part of a redis-py connection that its client uses. Each step waits for the scheduler.

    It never fails on its own, because the scheduler decides on faults.
    """

    himport_registry = credential_provider = host = None
    db = 0

    def __init__(self, pool: "Pool"):
        self.pool = pool
        self.program = pool.program
        self.program.connections += 1
        self.id = self.program.number * 1000 + self.program.connections  # the answer to CLIENT ID
        self.retry = pool.connection_kwargs["retry"]
        self.encoder = pool.encoder
        self.packed: list[tuple[Any, ...]] = []  # commands as redis-py has them, not yet encoded
        self.replies: list[Reply] = []

    def pack_commands(self, commands: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return list(commands)

    async def send_command(self, *args: Any, **_: Any) -> None:
        self.packed.append(args)

    async def send_packed_command(self, commands: list[tuple[Any, ...]], **_: Any) -> None:
        self.packed.extend(commands)

    async def read_response(self, disable_decoding: bool = False, **_: Any) -> Reply:
        if not self.replies:
            self.replies = await self._exchange()
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise _copy(reply)
        return _copy_reply(reply, self.pool.decode and not disable_decoding)

    async def _exchange(self) -> list[Reply]:
        commands = [self._encode(args) for args in self.packed]
        self.packed = []
        for command in commands:
            self._refuse(command)
        if (answer := self._answer(commands)) is not None:
            return answer
        together = commands[0] == (b"MULTI",)
        if together and commands[-1][0] != b"EXEC":  # several requests would share one transaction
            raise Trespass("cannot be tried", "sends MULTI by itself")
        return await self.submit([commands] if together else [[command] for command in commands])

    async def submit(self, steps: list[list[Command]]) -> list[Reply]:
        """Wait until the scheduler has let all of `steps` happen; returns the replies."""
        run = self.program.run
        lane = self.program.name_lane(asyncio.current_task())
        request = run.pending[lane] = Request(lane, self, steps, run.loop.create_future())
        try:
            return await request.future
        except asyncio.CancelledError:
            if request in run.parked:
                run.parked.remove(request)  # Redis notices that the reader is gone
            elif run.pending.get(lane) is request:  # it was sent already, so it may still happen
                del run.pending[lane]
                self.program.cancelled += 1
                request.lane = f"{lane}/cancelled {self.program.cancelled}"
                run.pending[request.lane] = request
            raise

    def _answer(self, commands: list[Command]) -> list[Reply] | None:
        """Replies that need no server, because they concern only this connection or the cache of scripts."""
        name = commands[0][0]
        server = self.program.run.server
        if name == b"UNWATCH":
            server.unwatch(self)
        if commands[0][:2] == (b"CLIENT", b"ID"):
            return [self.id]
        if name == b"INFO":  # its counters and clocks would be different each time
            return [server.info]
        if name == b"TIME" and len(commands) == 1:  # in a pipeline, idle.py translates the server's answer
            return [virtual_time(self.program.run.loop.now)]
        if name in HANDSHAKES and commands[0][1:2] != (b"UNBLOCK",):
            return [b"OK"] * len(commands)
        return self._answer_about_scripts(commands)

    def _answer_about_scripts(self, commands: list[Command]) -> list[Reply] | None:
        """The cache of scripts is empty when a program starts, in each schedule, and holds what it has sent itself.

        Otherwise a program that sends EVAL where EVALSHA has failed would do so in the first schedule only.
        """
        rewriter, known = self.program.run.server.rewriter, self.program.scripts
        name, *rest = commands[0]
        known |= {sha1(command[1]) for command in commands if command[0] in (b"EVAL", b"EVAL_RO")}
        if name == b"SCRIPT" and rest[0].upper() == b"LOAD":
            if refusal := rewriter.refusal(rest[1]):
                return [refusal]
            known.add(sha1(rest[1]))
            return [sha1(rest[1])]
        if name == b"SCRIPT" and rest[0].upper() == b"EXISTS":
            return [[int(sha.lower() in known) for sha in rest[1:]]]
        if name.startswith(b"EVALSHA") and len(commands) == 1 and rest[0].lower() not in known:
            return [redis.exceptions.NoScriptError("No matching script. Please use EVAL.")]
        return None

    def _refuse(self, command: Command) -> None:
        if command[0] in NOT_MODELLED:
            raise Trespass("cannot be tried", f"sends {command[0].decode()}")
        if name := self.program.run.server.table.changes_all(command):
            raise Trespass("changes the server", f"sends {name}")

    def _encode(self, args: tuple[Any, ...]) -> Command:
        encode = self.encoder.encode
        first = args[0]
        words = first.split() if isinstance(first, bytes) else first.encode().split()
        return (words[0].upper(), *words[1:], *map(encode, args[1:]))

    # Other methods that redis-py calls.

    async def connect(self) -> None:
        pass

    async def disconnect(self, *_: Any, **__: Any) -> None:
        self.packed, self.replies = [], []
        self.program.run.server.unwatch(self)

    @property
    def is_connected(self) -> bool:
        return True

    def should_reconnect(self) -> bool:
        return False

    def register_connect_callback(self, _: object) -> NoReturn:
        """Refuse what only a subscriber's connection is asked for."""
        raise Trespass("cannot be tried", "subscribes to a channel")


class Pool:
    """The connections of one program: as many as it uses at a time. The one released last is used first."""

    himport_registry = None

    def __init__(self, program: "Process", decode: bool):
        self.program = program
        self.decode = decode
        self.encoder = Encoder("utf-8", "strict", decode)
        # As in jobqueue.server.connect: only a fault sends anything twice.
        self.connection_kwargs: dict[str, Any] = {
            "retry": Retry(NoBackoff(), 0),
            "decode_responses": decode,
            "protocol": 2,
        }
        self.free: list[SteppedConnection] = []

    async def get_connection(self, *_: Any, **__: Any) -> SteppedConnection:
        return self.free.pop() if self.free else SteppedConnection(self)

    async def release(self, connection: SteppedConnection) -> None:
        connection.packed, connection.replies = [], []
        self.free.append(connection)

    def get_encoder(self) -> Encoder:
        return self.encoder

    def get_protocol(self) -> int:
        return 2

    async def disconnect(self, *_: Any, **__: Any) -> None:
        pass

    async def aclose(self) -> None:
        pass


def make_client(pool: Pool) -> redis.asyncio.Redis:
    """redis-py's client on `pool`."""
    return redis.asyncio.Redis(connection_pool=pool)  # type: ignore[arg-type]  # it has all that a client uses


def _copy_reply(reply: Reply, decode: bool) -> Reply:
    """Copy `reply`, because redis-py edits the lists it gets, and the next schedule needs the recorded one."""
    if isinstance(reply, list):
        return [_copy_reply(item, decode) for item in reply]
    return reply.decode() if decode and isinstance(reply, bytes) else reply


def _copy(error: Exception) -> Exception:
    """Copy `error`, because redis-py annotates the errors it raises, and the next schedule needs the recorded one."""
    copied = type(error)(*error.args)
    copied.__dict__.update(error.__dict__)
    return copied
