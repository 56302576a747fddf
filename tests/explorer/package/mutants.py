"""Is the explorer any good? Each Lua script is damaged, one small way at a time, and the explorer must notice.

    python tests/explorer/package/mutants.py [--script reap] [--processes 2]

A mutant is a script with one statement removed, two neighbours swapped, or one operator or number changed. It is killed
if a scenario finds something wrong with it. Mutants that change nothing observable are listed, each with the reason, in
equivalent.toml; the others that survive are holes in the scenarios. Nothing is written: mutants live in memory.
"""

import argparse
import contextlib
import functools
import itertools
import multiprocessing
import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import redis
from scenarios import CASES

from jobqueue import scripts
from jobqueue.explorer import Bounds, Finding
from jobqueue.explorer.engine.search import Search
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.sandbox import Sandbox

#: The text of each script, and of each piece that scripts include ("lib/holds").
LUA = Path(scripts.__file__).with_name("lua")
SOURCES = {
    str(path.relative_to(LUA).with_suffix("")): path.read_text(encoding="utf-8") for path in sorted(LUA.rglob("*.lua"))
}

#: What "flip" changes: an operator, a bound or a number, outside comments and texts.
FLIPS = (
    (r" == ", " ~= "), (r" ~= ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" and ", " or "), (r" or ", " and "), (r"\bnot ", ""), (r" \+ 1\b", " + 2"), (r" - 1\b", " - 2"),
    (r"(?<![\w.'-])1(?![\w.'])", "2"), (r"(?<![\w.'-])0(?![\w.'])", "1"), (r"\b1000\b", "1"),
)  # fmt: skip

KILLED, RAISED, SURVIVED, BROKEN = "killed", "killed by an error", "survived", "does not compile"


@dataclass(frozen=True)
class Mutant:
    """`script` with one change; `name` says which, and stays the same while the lines concerned do."""

    script: str
    name: str
    source: str


# Making mutants.


@dataclass
class Statement:
    """Lines `start` to `end` (exclusive), with the blocks nested in them: the branches of an `if` are one each."""

    start: int
    end: int
    inner: list[list["Statement"]]


def statements(lines: list[str], start: int, end: int) -> list[Statement]:
    """The statements in lines[start:end], by their indentation: these scripts are neatly written."""
    found = []
    at = start
    while at < end:
        if not _code(lines[at]):
            at += 1
            continue
        stop = at + 1
        while stop < end and (_depth(lines[stop]) > _depth(lines[at]) or _continues(lines[stop], _depth(lines[at]))):
            stop += 1
        while not _code(lines[stop - 1]):  # blank lines and comments belong to what follows
            stop -= 1
        edges = [at, *(one for one in range(at + 1, stop) if _continues(lines[one], _depth(lines[at])))]
        inner = [statements(lines, one + 1, two) for one, two in itertools.pairwise(edges)]
        found.append(Statement(at, stop, inner if _opens(lines[at]) else []))
        at = stop
    return found


def _code(line: str) -> str:
    return "" if line.lstrip().startswith("--") or line.startswith("#!") else line.strip()


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip()) if _code(line) else 10_000


def _continues(line: str, depth: int) -> bool:
    return _depth(line) == depth and bool(re.match(r"(end|else|elseif)\b", line.strip()))


def _opens(line: str) -> bool:
    return bool(re.search(r"\b(then|do|else)$|function [\w.]*\(.*\)$", line.strip()))


def mutants(script: str) -> list[Mutant]:
    """All mutants of lua/`script`.lua, and of a piece as well as of a script."""
    source = SOURCES[script]
    lines, made, names, texts = source.split("\n"), [], Counter(), {source}

    def add(kind: str, words: str, changed: list[str]) -> None:
        text = "\n".join(changed)
        if text in texts:
            return
        texts.add(text)
        names[kind, words] += 1
        again = f" #{names[kind, words]}" if names[kind, words] > 1 else ""
        made.append(Mutant(script, f"{kind}: {words}{again}", text))

    def is_function(one: Statement) -> bool:  # their order says nothing
        return lines[one.start].startswith("local function")

    def visit(block: list[Statement]) -> None:
        for at, one in enumerate(block):
            add("remove", lines[one.start].strip(), lines[: one.start] + lines[one.end :])
            if at + 1 < len(block) and not (is_function(one) and is_function(block[at + 1])):
                two = block[at + 1]
                words = f"{lines[one.start].strip()} ⇄ {lines[two.start].strip()}"
                swapped = lines[two.start : two.end] + lines[one.end : two.start] + lines[one.start : one.end]
                add("swap", words, lines[: one.start] + swapped + lines[two.end :])
            for inner in one.inner:
                visit(inner)

    visit(statements(lines, 0, len(lines)))
    for number, line in enumerate(lines):
        if line == "#!lua flags=allow-oom":
            add("flip", line, ["#!lua", *lines[1:]])
        if not _code(line):
            continue
        for pattern, instead in FLIPS:
            for match in re.finditer(pattern, line):
                if line[: match.start()].count("'") % 2 == 0:
                    changed = line[: match.start()] + instead + line[match.end() :]
                    add("flip", f"{line.strip()} → {changed.strip()}", [*lines[:number], changed, *lines[number + 1 :]])
    return made


# Trying them.


@contextlib.contextmanager
def in_place(mutant: Mutant):
    """Within this block the package runs `mutant` for its script."""
    before = dict(scripts.SCRIPTS)
    sources = SOURCES | {mutant.script: mutant.source}
    pieces = {name: sources[f"lib/{name}"] for name in scripts.PIECES}
    for name in concerned(mutant.script):
        scripts.SCRIPTS[name] = scripts.Script(name, sources[name], pieces, scripts.CONSTANTS)
    try:
        yield
    finally:
        scripts.SCRIPTS.update(before)


def concerned(script: str) -> list[str]:
    """The script itself; or, of a piece, all scripts that include it."""
    return [
        name for name, one in scripts.SCRIPTS.items() if script in (name, *(f"lib/{piece}" for piece in one.pieces))
    ]


def cases_for(script: str) -> list[str]:
    """The scenarios that may notice what happens to a script, the smallest first."""
    changed = set(concerned(script))
    everywhere = changed & {"heads", "snapshot", "status"}
    about = [name for name, case in CASES.items() if everywhere or changed & set(case.about)]
    return sorted(about, key=lambda name: CASES[name].size)


def judge(mutant: Mutant, server: SteppedServer, reduce: bool = True) -> str:
    """What becomes of a mutant. `reduce`: as in `explore`."""
    with in_place(mutant):
        if not compiles(mutant, server):
            return BROKEN
        names = cases_for(mutant.script)
        light, all_faults = [(name, True) for name in names], [(name, False) for name in names if CASES[name].heavy]
        for name, everyday in light + all_faults:
            if finding := first_finding(name, server, everyday, reduce):
                return RAISED if finding.kind == "raised" else KILLED
    return SURVIVED


def compiles(mutant: Mutant, server: SteppedServer) -> bool:
    client = redis.Redis.from_url(server.url)
    try:
        for name in concerned(mutant.script):
            client.script_load(scripts.SCRIPTS[name].text)
    except redis.ResponseError:
        return False
    finally:
        client.close()
    return True


def first_finding(name: str, server: SteppedServer, everyday: bool, reduce: bool):
    """Explore until something is found; returns that, or None."""
    search = Search(CASES[name].scenario(name, everyday), server, Bounds(), reduce=reduce)
    found = []

    def stop(search) -> bool:
        found.extend(one for some in search.graph.findings.values() for one in some)
        return bool(found)

    with search.simulation:
        try:
            search.run(stop)
        except RuntimeError as error:
            return Finding("raised", str(error))  # setup failed
        except (LookupError, TypeError, ValueError) as error:
            return Finding("nonsense", f"no invariant can make sense of it: {error!r}")
    stop(search)
    return found[0] if found else None


# Reporting.


def equivalent() -> dict[str, dict[str, str]]:
    """{script: {mutant's name: why nothing can notice it}}."""
    return tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text(encoding="utf-8"))


_sandbox = _server = None


def _judge(mutant: Mutant, reduce: bool) -> tuple[Mutant, str]:
    global _sandbox, _server
    if _server is None:
        _sandbox = Sandbox()  # kept, or the next sandbox that starts would sweep it away
        _sandbox.external = None
        _server = SteppedServer(_sandbox.start())
    return mutant, judge(mutant, _server, reduce)


def judge_all(
    chosen: list[Mutant], processes: int = 2, on_each=lambda mutant, fate: None, reduce: bool = True
) -> dict[Mutant, str]:
    """Judge them on so many cores, each with a server of its own."""
    fates = {}
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for mutant, fate in pool.imap_unordered(functools.partial(_judge, reduce=reduce), chosen, chunksize=1):
            fates[mutant] = fate
            on_each(mutant, fate)
    return fates


def table(fates: dict[Mutant, str]) -> str:
    """Script by script: how many mutants, and what became of them."""
    counts, listed = defaultdict(Counter), equivalent()
    for mutant, fate in fates.items():
        known = mutant.name in listed.get(mutant.script, {})
        counts[mutant.script]["listed" if known and fate == SURVIVED else fate] += 1
    heads = ("mutants", "killed", "by an error", "equivalent", "survived", "broken")
    lines, total = ["script      " + "".join(f"{head:>12}" for head in heads)], Counter()
    for script in sorted(counts):
        total.update(counts[script])
        lines.append(_row(script, counts[script]))
    noticed = total[KILLED] + total[RAISED]
    lines.append(_row("all", total))
    lines.append(f"noticed: {noticed / max(1, noticed + total[SURVIVED]):.1%} of those that can be noticed")
    return "\n".join(lines)


def _row(name: str, count: Counter) -> str:
    fates = [count[fate] for fate in (KILLED, RAISED, "listed", SURVIVED, BROKEN)]
    return f"{name:<12}" + "".join(f"{number:>12}" for number in [sum(fates[:-1]), *fates])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--script", choices=sorted(SOURCES), help="only the mutants of this one")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="only mutants whose name contains this")
    parser.add_argument("--listed", action="store_true", help="those in equivalent.toml, too")
    options = parser.parse_args()
    chosen = [
        mutant
        for script in SOURCES
        if options.script in (None, script)
        for mutant in mutants(script)
        if options.only in mutant.name and (options.listed or mutant.name not in equivalent().get(script, {}))
    ]

    def tell(mutant: Mutant, fate: str) -> None:
        if fate == SURVIVED:
            print(f"survived  {mutant.script}: {mutant.name}", flush=True)

    fates = judge_all(chosen, options.processes, tell)
    print(table(fates))


if __name__ == "__main__":
    main()
