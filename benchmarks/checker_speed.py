"""How long the checkers take: for the kit's own solutions, and for a dozen right and wrong ones of the zoo.

    pip install -e '.[bench]'                   # once
    python benchmarks/checker_speed.py          # about two minutes
    python benchmarks/checker_speed.py reaper   # only functions whose name contains this

Each is checked three times, alternating with a check that runs every order (`reduce=False`). The table has medians:

    first word    until the explorer's child has answered or told its progress for the first time, in seconds
    verdict       until the verdict, in seconds
    processor     seconds of processor time, of this process, the explorer's child and its server: for busy machines
    runs          schedules that were run, from their start
    stories       schedules that differ in more than the order of steps that commute; "-" where that's not known
    every order   verdict and runs of a check that runs every order, compared with these
"""

import argparse
import asyncio
import inspect
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from needs import need

need("cloudpickle", "psutil")

import psutil
from rich.console import Console
from rich.table import Table

import jobqueue
from jobqueue.explorer import Progress, Report
from jobqueue.lab import check
from jobqueue.lab.check.verdict import Verdict

ROUNDS = 3
SOLUTIONS = Path(jobqueue.__file__).parent / "lab" / "solutions"
ZOO = Path(__file__).parents[1] / "tests" / "check" / "zoo"
ANIMALS = {
    "enqueue": ("right_redis_lock", "right_watch", "wrong_check_then_add"),
    "process": ("right_with_a_heartbeat", "wrong_acknowledge_first"),
    "reaper": ("right_claim_first", "right_lock_with_ttl", "right_watch", "wrong_requeue_then_acknowledge"),
    "settle_failure": ("right_one_after_the_other", "right_transaction", "wrong_dead_only_when_equal"),
}


@dataclass(frozen=True)
class CheckTime:
    """One check: seconds until its first word and its verdict, seconds of processor time, and its runs and stories."""

    first: float
    verdict: float
    processor: float
    runs: int
    stories: int | None


def candidates() -> dict[str, tuple[Any, Callable[..., Any]]]:
    """By name: a checker, and a function for it."""
    files = {f"{checker} (ours)": (checker, SOLUTIONS / f"{checker}.py") for checker in check.__all__[1:]}
    for checker, animals in ANIMALS.items():
        files |= {f"{checker}/{animal}": (checker, ZOO / checker / f"{animal}.py") for animal in animals}
    return {name: (getattr(check, checker), last_function(path)) for name, (checker, path) in files.items()}


def last_function(path: Path) -> Callable[..., Any]:
    spec = spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [value for value in vars(module).values() if inspect.isfunction(value) and value.__module__ == path.stem]
    return own[-1]


def processor_time() -> float:
    """Seconds of processor time of this process and all below it."""
    here = psutil.Process()
    while True:
        try:
            below = [process.cpu_times() for process in here.children(recursive=True)]
        except psutil.NoSuchProcess:  # a fork has just ended, so its parent counts it from now on
            continue
        ended = sum(times.children_user + times.children_system for times in below)
        return ended + sum(times.user + times.system for times in (here.cpu_times(), *below))


async def measure(checker: Any, function: Callable[..., Any], reduce: bool) -> tuple[CheckTime, Verdict]:
    one = checker(function)
    one._reduce = reduce
    explore, reports, words = one._explore, [], []

    async def note(case: Any, tell: Callable[[str, Progress], None]) -> Report:
        def tell_and_note(title: str, progress: Progress) -> None:
            if progress.runs:  # before that, only this process has spoken
                words.append(time.perf_counter())
            tell(title, progress)

        report = await explore(case, tell_and_note)
        words.append(time.perf_counter())
        reports.append(report)
        return report

    one._explore = note
    spent, began = processor_time(), time.perf_counter()
    verdict = await one.judge()
    ended = time.perf_counter()
    runs = sum(report.runs for report in reports)
    return CheckTime(words[0] - began, ended - began, processor_time() - spent, runs, verdict.stories), verdict


def median(times: list[CheckTime], name: str) -> float:
    return statistics.median(getattr(one, name) for one in times)


async def main(part: str) -> int:
    table = Table("function", "verdict", "first word", "verdict", "processor", "runs", "stories", "every order")
    verdicts, ratios, differ = [], [], []
    await measure(check.backoff, last_function(SOLUTIONS / "backoff.py"), True)  # starts the explorer's child
    for name, (checker, function) in candidates().items():
        if part not in name:
            continue
        reduced, whole = [], []
        for _ in range(ROUNDS):
            quick, verdict = await measure(checker, function, True)
            slow, same = await measure(checker, function, False)
            reduced.append(quick)
            whole.append(slow)
        differ += [name] if (verdict.ok, verdict.bug) != (same.ok, same.bug) else []
        first, took, spent = (median(reduced, each) for each in ("first", "verdict", "processor"))
        ratio, more = median(whole, "processor") / max(spent, 0.01), whole[0].runs / reduced[0].runs
        verdicts.append(took)
        ratios.append(ratio)
        stories = "-" if reduced[0].stories is None else f"{reduced[0].stories:,}"
        row = f"{first:.2f} s", f"{took:.2f} s", f"{spent:.2f} s", f"{reduced[0].runs:,}", stories
        table.add_row(name, verdict.bug or "passes", *row, f"{ratio:.1f} × time, {more:.1f} × runs")
    Console(width=140).print(table)
    print(
        f"median verdict {statistics.median(verdicts):.2f} s; every order takes {statistics.median(ratios):.1f} × that"
    )
    print(f"verdicts that differ when every order is run: {', '.join(differ) or 'none'}")
    return 1 if differ else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", default="")
    sys.exit(asyncio.run(main(parser.parse_args().part)))
