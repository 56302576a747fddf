"""Commands as they reach the server, rewritten so that time is virtual and nothing blocks.

XADD … *                  ids start with the virtual millisecond
XPENDING … IDLE, XCLAIM   whole seconds, as idle times are to us: see idle.py
SET … PX, PEXPIRE         whole seconds, so that a key doesn't expire while the machine is busy
EVAL, EVALSHA             the script gets a prelude that shows it virtual time, and notes its commands (prelude.lua)
FUNCTION LOAD, FCALL      so does a library, for its functions
EXPIREAT and its like     an absolute time becomes a span, because the server's own clock is real
BLPOP, XREADGROUP BLOCK   they run inside MULTI … EXEC, where Redis itself never blocks
"""

import hashlib
import itertools
from collections.abc import Callable
from importlib.resources import files

from jobqueue.explorer.record import Command, Reply
from jobqueue.explorer.redis_seam.idle import round_up_expiry, round_up_least


def _one_line(name: str) -> bytes:
    """A file of Lua in one line, so that line numbers in a script's error messages stay right."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return " ".join(line.strip() for line in lines if not line.startswith("--")).encode()


_PRELUDE = _one_line("prelude.lua")

#: The same for a library, which has no ARGV and no redis.call yet: see library.lua.
_LIBRARY_PRELUDE = (
    _PRELUDE.replace(b"local NOW = tonumber(table.remove(ARGV))", b"local NOW")
    .replace(
        b"local redis = (function(server)",
        b"local function api() return redis end local loading, build = redis, (function(server)",
    )
    .removesuffix(b"(redis) local function script(...)")
    + b" "
    + _one_line("library.lua")
)

#: After the script: see prelude.lua. The script's last line may be a comment.
_EPILOGUE = b"\nend return {CALLS, (script())}"

#: Answered without the server, and no step: they concern the connection, not the queue.
HANDSHAKES = {b"HELLO", b"AUTH", b"CLIENT", b"SELECT", b"READONLY", b"RESET", b"QUIT", b"UNWATCH"}

_TIMEOUT_LAST = {b"BLPOP", b"BRPOP", b"BZPOPMIN", b"BZPOPMAX", b"BLMOVE", b"BRPOPLPUSH"}
_TIMEOUT_FIRST = {b"BLMPOP", b"BZMPOP"}


def sha1(script: str | bytes) -> bytes:
    """The name under which EVALSHA finds `script`."""
    return hashlib.sha1(script.encode() if isinstance(script, str) else script).hexdigest().encode()


def blocks_for(command: Command) -> float | None:
    """Seconds `command` would block an idle connection (0: forever), or None if it never blocks."""
    try:
        return _timeout(command)
    except (IndexError, ValueError):  # Redis doesn't take it either, and the server will say so
        return None


def _timeout(command: Command) -> float | None:
    name = command[0]
    if name in (b"XREADGROUP", b"XREAD"):
        for word, value in itertools.pairwise(command):
            if word.upper() == b"STREAMS":
                return None
            if word.upper() == b"BLOCK":
                return int(value) / 1000
    if name in _TIMEOUT_LAST:
        return float(command[-1])
    if name in _TIMEOUT_FIRST:
        return float(command[1])
    return None


class Rewriter:
    """A rewriter of commands, which remembers all scripts. `load` sends one to the server, outside any step."""

    def __init__(self, load: Callable[[bytes], Reply]):
        self._load = load
        self._loaded: dict[bytes, Reply] = {}  # the sha a program knows -> that of the same script behind the prelude

    def add_script(self, source: bytes) -> bytes:
        """Make `source` known; returns the sha under which programs know it."""
        sha = sha1(source)
        if sha not in self._loaded:
            shebang, body = b"", source
            if source.startswith(b"#!"):
                shebang, _, body = source.partition(b"\n")
                shebang += b"\n"
            loaded = self._load(shebang + _PRELUDE + b" " + body + _EPILOGUE)
            refusal = self._load(source) if isinstance(loaded, Exception) else None  # with nothing of ours in its words
            self._loaded[sha] = refusal if isinstance(refusal, Exception) else loaded
        return sha

    def refusal(self, source: bytes) -> Exception | None:
        """Why the server doesn't take a script, if it doesn't compile. Lines are those of the script."""
        loaded = self._loaded[self.add_script(source)]
        return loaded if isinstance(loaded, Exception) else None

    def rewrite(self, command: Command, now: float) -> Command:
        """`command` as it is sent to the server at virtual time `now`, in seconds."""
        name = command[0]
        if name == b"XADD":
            at = _xadd_id(command)
            if at and command[at] == b"*":
                return (*command[:at], b"%d-*" % (now * 1000), *command[at + 1 :])
        elif name in (b"EVAL", b"EVAL_RO", b"EVALSHA", b"EVALSHA_RO"):
            sha = self.add_script(command[1]) if b"SHA" not in name else command[1].lower()
            loaded = self._loaded[sha]
            if isinstance(loaded, Exception):  # it does not compile: let the server say so
                return (b"EVAL", *command[1:])
            read_only = b"_RO" if name.endswith(b"_RO") else b""
            return (b"EVALSHA" + read_only, loaded, *command[2:], b"%d" % (now * 1000))
        elif name in (b"FCALL", b"FCALL_RO"):
            return (*command, b"%d" % (now * 1000))
        elif name == b"FUNCTION" and command[1].upper() == b"LOAD":
            shebang, line, body = command[-1].partition(b"\n")
            return (*command[:-1], shebang + line + _LIBRARY_PRELUDE + b" " + body)
        elif name == b"EXPIREAT":
            return (b"PEXPIRE", command[1], b"%d" % (int(command[2]) * 1000 - now * 1000), *command[3:])
        elif name == b"PEXPIREAT":
            return (b"PEXPIRE", command[1], b"%d" % (int(command[2]) - now * 1000), *command[3:])
        return round_up_expiry(round_up_least(command))


def _xadd_id(command: Command) -> int | None:
    """The index of the id in an XADD."""
    at = 2
    while at < len(command):
        word = command[at].upper()
        if word == b"NOMKSTREAM":
            at += 1
        elif word in (b"MAXLEN", b"MINID"):
            at += 3 if command[at + 1] in (b"~", b"=") else 2
        elif word == b"LIMIT":
            at += 2
        else:
            return at
    return None
