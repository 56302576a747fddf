"""The package under the explorer for as long as you like, on as many cores as you like; at the end, its totals.

    python tests/explorer/package/long_run.py --minutes 10 --processes 2

First the scenarios of every day, then larger ones (three programs, three faults, more jobs),
then worlds drawn by chance, with a seed that is said: any of those can be explored again with --world SEED.
"""

import argparse
import itertools
import multiprocessing
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass

from case import Case
from hands import calls, mourns, produces, reaps, setup, work
from scenarios import CASES, LONG
from whole import WHOLE

from jobqueue.explorer import Bounds, Faults
from jobqueue.explorer.in_process import explore_here
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.sandbox import Sandbox

SHARE = 60  # seconds for one world, unless --share says more: what is covered by then is said to be within a bound


@dataclass(frozen=True)
class Told:
    """What exploring one world came to."""

    name: str
    verdict: str
    bound: str | None
    schedules: int
    states: int
    seconds: float
    findings: str


def chance(seed: int) -> Case:
    """A world of three programs, one to three jobs and up to three faults, drawn by `seed`."""
    draw = random.Random(seed)
    ids = "abc"[: draw.randint(1, 3)]
    jobs = [(id, "normal", draw.choice((1, 2, 3))) for id in ids]
    kinds = [
        lambda: work(count=draw.randint(1, 2), beats=draw.randint(0, 1)),
        lambda: work("retry", delay=draw.choice((0, 5))),
        lambda: work("release", started=draw.random() < 0.5, delay=draw.choice((0, 5))),
        lambda: work("bury"),
        reaps,
        reaps,
        lambda: calls(("promote", draw.randint(1, 2)), ("forget", "p0")),
        lambda: produces(draw.choice("abcd")),
        lambda: produces("e", delay=draw.choice((0, 5)), marks=draw.choice(((0, 1), (1, 3), (0, 3)))),
        lambda: mourns(draw.choice(("replay", "discard"))),
        lambda: calls(("cancel", draw.choice("abc"))),
    ]
    programs = {f"p{number}": draw.choice(kinds)() for number in range(3)}
    names = ("crash", "lose_reply", "send_again", "pass_time", "refuse_memory")
    faults = {name: draw.randint(0, 2) for name in names}
    return Case((), programs, setup(*jobs), Faults(**faults, total=draw.randint(1, 3)), ids=(*"abcde",))


def worlds():
    """(name, its seed or None) of each world to explore, without end."""
    yield from ((name, None) for name in (*CASES, *LONG, *WHOLE))
    yield from ((f"world {seed}", seed) for seed in itertools.count(1))


_sandbox = _server = None


def explore(world: tuple[str, int | None], until: float, share: float = SHARE) -> Told | None:
    """Explore it; None if the time is over before it began."""
    global _sandbox, _server
    name, seed = world
    seconds = min(share, until - time.time())
    if seconds <= 0:
        return None
    if _server is None:
        _sandbox = Sandbox()  # kept, or the next sandbox that starts would sweep it away
        _sandbox.external = None  # never somebody's own: it is emptied
        _server = SteppedServer(_sandbox.start())
    if name in WHOLE and seed is None:
        scenario, bounds = WHOLE[name].scenario(name), WHOLE[name].bounds(everyday=False, seconds=seconds)
    else:
        case = chance(seed) if seed is not None else {**CASES, **LONG}[name]
        scenario, bounds = case.scenario(name), Bounds(seconds=seconds)
    report = explore_here(scenario, _server, bounds)
    words = "" if report.ok else str(report)
    return Told(name, report.verdict, report.bound, report.schedules, report.states, report.seconds, words)


def _explore(job):
    return explore(*job)


def run(minutes: float, processes: int, say=print, share: float = SHARE) -> list[Told]:
    """Explore until the time is over; each world on one core, several at once."""
    until, told = time.time() + 60 * minutes, []
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        waiting, line = [], worlds()
        while True:
            while len(waiting) < 2 * processes and time.time() < until:
                waiting.append(pool.apply_async(_explore, ((next(line), until, share),)))
            if not waiting:
                break
            ready = next((one for one in waiting if one.ready()), None)
            if ready is None:
                waiting[0].wait(0.1)
                continue
            waiting.remove(ready)
            if (one := ready.get()) is None:
                continue
            told.append(one)
            bound = f" ({one.bound})" if one.bound else ""
            counts = f"{one.schedules:,} schedules, {one.states:,} states, {one.seconds:.0f} s"
            say(f"{one.verdict}{bound}: {counts}: {one.name}")
            if one.findings:
                say(one.findings)
    say(totals(told, minutes))
    return told


def totals(told: list[Told], minutes: float) -> str:
    verdicts = Counter(one.verdict for one in told)
    return (
        f"in {minutes:g} minutes: {len(told):,} worlds, {sum(one.schedules for one in told):,} schedules, "
        f"{sum(one.states for one in told):,} states; "
        + ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--share", type=float, default=SHARE, help="seconds for one world, at most")
    parser.add_argument("--world", type=int, help="only the world of this seed, with all that is found in it")
    options = parser.parse_args()
    if options.world is not None:
        seconds = 60 * options.minutes
        one = explore((f"world {options.world}", options.world), time.time() + seconds, seconds)
        print(one.findings or one)
        sys.exit(bool(one.findings))
    sys.exit(any(one.findings for one in run(options.minutes, options.processes, share=options.share)))


if __name__ == "__main__":
    main()
