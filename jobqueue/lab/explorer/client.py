"""What a program holds: redis-py's own asyncio client, on a connection that asks the scheduler instead of a socket.

This is the lowest seam redis-py has, so everything above it is the real thing: commands, pipelines, WATCH, scripts,
the parsing of replies.
"""

import asyncio

import redis.asyncio
from redis._parsers.encoders import Encoder
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from jobqueue.lab.explorer.rewrite import HANDSHAKES


class Request:
    """What one task waits for: one command, MULTI … EXEC (one step), or a pipeline (a step a command)."""

    def __init__(self, lane: str, connection, steps: list[list[tuple]], future: asyncio.Future):
        self.lane = lane
        self.connection = connection
        self.steps = steps  # what is still to be done; each step is a list of commands that go together
        self.future = future
        self.replies = []
        self.parked_until = None  # a blocking read that found nothing: when it gives up (inf: never)

    @property
    def program(self):
        return self.connection.program


class Connection:
    """The part of a redis-py connection that its client uses. It never fails on its own: faults are given to it."""

    himport_registry = credential_provider = host = None
    db = 0

    def __init__(self, pool):
        self.pool = pool
        self.program = pool.program
        self.program.connections += 1
        self.id = self.program.number * 1000 + self.program.connections  # what CLIENT ID says
        self.retry = pool.connection_kwargs["retry"]
        self.encoder = pool.encoder
        self.packed = []
        self.replies = []

    def pack_commands(self, commands):
        return list(commands)

    async def send_command(self, *args, **_):
        self.packed.append(args)

    async def send_packed_command(self, commands, **_):
        self.packed.extend(commands)

    async def read_response(self, disable_decoding=False, **_):
        if not self.replies:
            self.replies = await self._exchange()
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise _copy(reply)
        return _copy_reply(reply, self.pool.decode and not disable_decoding)

    async def _exchange(self) -> list:
        commands = [self._encode(args) for args in self.packed]
        self.packed = []
        if (answer := self._answer(commands)) is not None:
            return answer
        together = commands[0] == (b"MULTI",)
        return await self.submit([commands] if together else [[command] for command in commands])

    async def submit(self, steps: list[list[tuple]]) -> list:
        """Wait until the scheduler has let all of `steps` happen; returns the replies."""
        world = self.program.world
        lane = self.program.lane(asyncio.current_task())
        request = world.pending[lane] = Request(lane, self, steps, world.loop.create_future())
        try:
            return await request.future
        except asyncio.CancelledError:
            if request in world.parked:
                world.parked.remove(request)  # Redis notices that the reader has gone
            elif world.pending.get(lane) is request:  # it was sent already: it may still happen, and nobody will hear
                del world.pending[lane]
                self.program.cancelled += 1
                request.lane = f"{lane}/cancelled {self.program.cancelled}"
                world.pending[request.lane] = request
            raise

    def _answer(self, commands: list[tuple]) -> list | None:
        """Replies that need no server, for what concerns only this connection or the cache of scripts."""
        name = commands[0][0]
        rewriter = self.program.world.server.rewriter
        if name == b"UNWATCH":
            self.program.world.server.unwatch(self)
        if commands[0][:2] == (b"CLIENT", b"ID"):
            return [self.id]
        if name == b"INFO":  # its counters and clocks would be different each time
            return [self.program.world.server.info]
        if name == b"TIME":
            return [[b"%d" % self.program.world.loop.now, b"0"]]
        if name in HANDSHAKES and commands[0][1:2] != (b"UNBLOCK",):
            return [b"OK"] * len(commands)
        if name == b"SCRIPT" and commands[0][1].upper() == b"LOAD":
            return [rewriter.add_script(commands[0][2])]
        if name == b"SCRIPT" and commands[0][1].upper() == b"EXISTS":
            return [[int(rewriter.knows(sha)) for sha in commands[0][2:]]]
        if name.startswith(b"EVALSHA") and len(commands) == 1 and not rewriter.knows(commands[0][1]):
            return [redis.exceptions.NoScriptError("No matching script. Please use EVAL.")]
        if name in (b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"MONITOR", b"WAIT"):
            raise NotImplementedError(f"the explorer cannot run {name.decode()} (yet): it has no push messages")
        return None

    def _encode(self, args) -> tuple[bytes, ...]:
        encode = self.encoder.encode
        first = args[0]
        words = first.split() if isinstance(first, bytes) else first.encode().split()
        return (words[0].upper(), *words[1:], *map(encode, args[1:]))

    # The rest of what redis-py calls.

    async def connect(self):
        pass

    async def disconnect(self, *_, **__):
        self.packed, self.replies = [], []
        self.program.world.server.unwatch(self)

    @property
    def is_connected(self):
        return True

    def should_reconnect(self):
        return False


class Pool:
    """Connections of one program: as many as it uses at once, reused in the order they were given back."""

    himport_registry = None

    def __init__(self, program, decode: bool):
        self.program = program
        self.decode = decode
        self.encoder = Encoder("utf-8", "strict", decode)
        # As in jobqueue.connect: nothing is ever sent twice but by the fault that does so.
        self.connection_kwargs = {"retry": Retry(NoBackoff(), 0), "decode_responses": decode, "protocol": 2}
        self.free = []

    async def get_connection(self, *_, **__):
        return self.free.pop() if self.free else Connection(self)

    async def release(self, connection):
        connection.packed, connection.replies = [], []
        self.free.append(connection)

    def get_encoder(self):
        return self.encoder

    def get_protocol(self):
        return 2

    async def disconnect(self, *_, **__):
        pass

    async def aclose(self):
        pass


def make_client(program, decode: bool) -> redis.asyncio.Redis:
    """redis-py's client for `program`, which must have a `world`."""
    return redis.asyncio.Redis(connection_pool=Pool(program, decode))


def _copy_reply(reply, decode: bool):
    """redis-py edits the lists it is given, and the recorded reply must stay as it was, for the next schedule."""
    if isinstance(reply, list):
        return [_copy_reply(item, decode) for item in reply]
    return reply.decode() if decode and isinstance(reply, bytes) else reply


def _copy(error: Exception) -> Exception:
    """redis-py annotates the errors it raises; the recorded one must stay as it was, for the next schedule."""
    copied = type(error)(*error.args)
    copied.__dict__.update(error.__dict__)
    return copied
