"""Puts Lua scripts together. A script's header says how it's called, and which pieces of `lua/lib/` it needs:

    -- KEYS totals events ended settings (stream job)*
    -- ARGV consumer result_ttl_ms (id entry attempt result)*
    -- @include holds leave each

So `totals` and `consumer` are names in the script. The names in brackets come as often as needed: `GROUPS` times, and
`group(i)` is the i-th time, here stream, job, id, entry, attempt and result. A piece may include others.
"""

import re
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any


def read_lua(folder: str) -> dict[str, str]:
    """The text of each script or piece in a folder of this package, by its name."""
    paths = [path for path in files("jobqueue").joinpath(folder).iterdir() if path.name.endswith(".lua")]
    return {path.name.removesuffix(".lua"): path.read_text(encoding="utf-8") for path in paths}


def _included(source: str, pieces: dict[str, str], done: dict[str, str]) -> dict[str, str]:
    """Add the pieces that `source` includes to `done`: each once, after those that it includes itself."""
    for name in " ".join(re.findall(r"^-- @include (.+)$", source, re.MULTILINE)).split():
        if name not in pieces:
            raise ValueError(f"a script includes {name!r}, but there's no lua/lib/{name}.lua")
        if name not in done:
            _included(pieces[name], pieces, done)
            done[name] = pieces[name]
    return done


class Script:
    """One script: its text as sent to the server, and the names of KEYS and ARGV that its header announces."""

    def __init__(self, name: str, source: str, pieces: dict[str, str], constants: dict[str, str | int]):
        self.name, self.source = name, source
        shebang, body = source.split("\n", 1)
        self.keys, self.args = self._names("KEYS", source), self._names("ARGV", source)
        #: The pieces it includes, by their names, in the order of its text.
        self.pieces = _included(source, pieces, {})
        code = "\n".join((*self.pieces.values(), body))
        words = set(re.findall(r"\w+", code))
        known = [f"local {name} = {value}" for name, value in constants.items() if name in words]
        self.text = "\n".join((shebang, *known, *self._locals(), code))

    @staticmethod
    def _names(kind: str, source: str) -> tuple[list[str], list[str]]:
        """(names always there, names in a group that repeats) of the header's line, `-- KEYS totals (stream job)*`."""
        header = re.search(rf"^-- {kind}\b([^(\n]*)(?:\((.*)\)\*)?$", source, re.MULTILINE)
        if not header:
            raise ValueError(f"a script has no line of {kind} in its header")
        return header[1].split(), (header[2] or "").split()

    def _locals(self) -> list[str]:
        """Lua that gives the keys and arguments their names."""
        lines, members = [], []
        for kind, (fixed, group) in (("KEYS", self.keys), ("ARGV", self.args)):
            if fixed:
                lines.append(f"local {', '.join(fixed)} = unpack({kind}, 1, {len(fixed)})")
            if group:
                groups = f"local GROUPS = (#{kind} - {len(fixed)}) / {len(group)}"
                first = len(fixed) - len(group) + 1
                members += [f"{kind}[{len(group)} * i + {first + place}]" for place in range(len(group))]
        return [*lines, groups, f"local function group(i) return {', '.join(members)} end"] if members else lines

    def bind(
        self, form: Callable[[str], str], values: dict[str, Any], each: Iterable[dict[str, Any]]
    ) -> tuple[list[str], list[Any]]:
        """The KEYS and ARGV of a call, in the order of the header. `each` has the values for one group of names.

        `form(name) % values` makes the key of that name. Raises TypeError if a value is missing.
        """
        (fixed_keys, group_keys), (fixed_args, group_args) = self.keys, self.args
        try:
            keys, args = [form(name) % values for name in fixed_keys], [values[name] for name in fixed_args]
            forms = [form(name) for name in group_keys]
            for group in each:
                keys += [form % group for form in forms]
                args += [group[name] for name in group_args]
        except KeyError as missing:
            raise TypeError(f"{self.name}.lua: the call gives no value for {missing}") from None
        return keys, args
