"""The keys that a command touches, by the server's own key specifications.

https://redis.io/docs/latest/develop/reference/key-specs/
"""

from jobqueue.explorer.record import Command, Reply
from jobqueue.explorer.redis_seam.content import pairs

#: Scripts name their keys, but Redis lets them touch others as well.
SCRIPTS = (b"EVAL", b"FCALL")


def keys_of(command: Command, specs: list[Reply]) -> frozenset[bytes] | None:
    """The keys of `command`, whose name has these `specs`; None if it may touch any key, or something else."""
    if not specs or command[0].startswith(SCRIPTS):
        return None
    keys: set[bytes] = set()
    try:
        for spec in map(pairs, specs):
            at = _begin(command, pairs(spec[b"begin_search"]))
            keys.update(_find(command, at, pairs(spec[b"find_keys"])))
    except (IndexError, KeyError, ValueError):  # an unknown kind of specification, or words that Redis refuses
        return None
    return frozenset(keys)


def _begin(command: Command, search: dict[bytes, Reply]) -> int:
    """The index of the first key, or of the word that says how many there are."""
    spec = pairs(search[b"spec"])
    if search[b"type"] == b"index":
        return int(spec[b"index"])
    start, keyword = int(spec[b"startfrom"]), spec[b"keyword"]
    if start < 0:  # from the end, backwards
        words = [word.upper() for word in command[: start + 1 or None]]
        return len(words) - 1 - words[::-1].index(keyword) + 1
    return [word.upper() for word in command].index(keyword, start) + 1


def _find(command: Command, at: int, find: dict[bytes, Reply]) -> tuple[bytes, ...]:
    spec = pairs(find[b"spec"])
    step = int(spec[b"keystep"])
    if find[b"type"] == b"keynum":
        count, first = int(command[at + int(spec[b"keynumidx"])]), at + int(spec[b"firstkey"])
        return command[first : first + count * step : step]
    last, limit = int(spec[b"lastkey"]), int(spec[b"limit"])
    if last >= 0:
        return command[at : at + last + 1 : step]
    rest = len(command) - at
    end = at + rest // limit if limit > 1 else len(command) + last + 1
    return command[at:end:step]
