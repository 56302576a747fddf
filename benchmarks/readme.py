"""Measure every figure in the README's section "How fast" again, and say which ones no longer hold.

    pip install -e '.[bench]'                       # once
    python benchmarks/readme.py                     # about 40 minutes, on a machine that does nothing else
    python benchmarks/readme.py speed recovery      # only these parts, of speed, scale, peers and recovery
    python benchmarks/readme.py --stored            # compare with the last measurement, in a second
    python benchmarks/readme.py --write             # put the new figures into the README, and keep them

It prints the tables that the README quotes. It exits with 1, and names the figure, if one is outside its measured
range. Each part can also be run by itself: queue_speed.py, scale.py, peers.py and recovery.py.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from figures import Figure, Row, show_rows, spread

HERE = Path(__file__).parent
README = HERE.parent / "README.md"

#: The last measurement that was written into the README.
MEASURED = HERE / "measured.json"

#: What a figure may be beyond its range, as a share of it: the README rounds.
ROUNDING = 0.01

#: The ends of a figure's range, after its name.
ENDS = ("low", "high")

Measured = dict[str, Figure]


def table_row(words: str, name: str) -> str:
    return rf"{words}.*\| <{name}> \(<{name}/low> – <{name}/high>\) \| <{name}/ours> per second"


def percentiles(words: str, name: str) -> str:
    return rf"{words}.*\| <{name}, p50> and <{name}, p99> \| <{name}, p50/ours> and <{name}, p99/ours> ms"


#: Where the README quotes figures: regular expressions, with the figure's name in <>.
PASSAGES = [
    table_row("enqueue, one by one", "enqueue, one by one"),
    table_row("enqueue_many, compared", "enqueue_many, by 100"),
    table_row("drain, 16 at once", "drain, concurrency 16"),
    table_row("drain, 100 at once", "drain, concurrency 100"),
    percentiles("pick-up by an idle worker", "pick-up by an idle worker"),
    percentiles("the same, measured from", "enqueue and pick-up"),
    r"A waiting job takes <bytes per waiting job, small payload, beyond 1.2 × it> bytes",
    r"An idle worker sends <1 idle worker: commands per second and worker> commands",
    r"this kit <this kit, 100 at once> \(100 at once; "
    r"<this kit> with 16, and <this kit, 2 processes> in two processes\)",
    *(rf"\b{peer} <{peer}>" for peer in ("dramatiq", "taskiq", "huey", "saq", "arq", "celery", "streaq", "rq")),
    r"the kit is <fastest peer> × \(<fastest peer/low> – <fastest peer/high>\) as fast",
    r"with 1/<cost of a job> of its processor time",
]

#: What the README says in words, and the most that was measured may be.
PROMISES = {
    f"{what} with 1,000,000 waiting, compared with 1,000": ("takes as long", 1.2)
    for what in ("enqueue", "fetch", "snapshot")
} | {"recovery": ("runs again within one second after the lease", 1.0)}


def named(rows: list[Row]) -> Measured:
    return {row.name: row.figure for row in rows} | {f"{row.name}/ours": row.ours for row in rows if row.ours}


def measure_speed() -> Measured:
    import queue_speed

    rows = asyncio.run(queue_speed.run(quick=False))
    show_rows(rows)
    return named(rows)


def measure_scale() -> Measured:
    import scale

    rows = asyncio.run(scale.run(quick=False))
    show_rows(rows)
    return named(rows)


def measure_peers() -> Measured:
    import peers

    contestants = asyncio.run(peers.run(5, []))
    peers.show(contestants, 5)
    return peers.figures(contestants)


def measure_recovery() -> Measured:
    import recovery

    found = spread(asyncio.run(recovery.measure(survivors=1, lease=2.0, kills=10)))
    show_rows([Row("seconds from a lease's end to the next attempt", found, "≤ 1")])
    return {"recovery": Figure(found.high, found.low, found.high)}


PARTS = {"speed": measure_speed, "scale": measure_scale, "peers": measure_peers, "recovery": measure_recovery}


def compare(text: str, measured: Measured) -> Iterator[str]:
    """What in the README's text doesn't agree with what was measured, in sentences."""
    for passage in known(measured):
        pattern, names = compiled(passage)
        if not (found := pattern.search(text)):
            yield f"the README has no passage like {passage!r}: change either of them"
            continue
        for name, shown in zip(names, found.groups(), strict=True):
            if name.rpartition("/")[2] not in ENDS and not within(shown, figure := measured[name]):
                low, high = (like(shown, value) for value in (figure.low, figure.high))
                yield f"{name}: the README says {shown}, and {low} to {high} was measured"
    for name, (words, most) in PROMISES.items():
        if name in measured and measured[name].value > most:
            yield f"{name}: the README says that it {words}, and {measured[name].value:.2f} was measured (≤ {most})"


def rewrite(text: str, measured: Measured) -> str:
    """The README's text with the figures as measured."""
    for passage in known(measured):
        pattern, names = compiled(passage)
        if found := pattern.search(text):
            for number, name in reversed(list(enumerate(names, 1))):  # from the end, so that places stay
                key, _, end = name.rpartition("/")
                value = getattr(measured[key], end) if end in ENDS else measured[name].value
                text = text[: found.start(number)] + like(found[number], value) + text[found.end(number) :]
    return text


def known(measured: Measured) -> list[str]:
    """The passages of which all figures were measured."""
    return [
        passage
        for passage in PASSAGES
        if all(name in measured or name.rpartition("/")[2] in ENDS for name in re.findall(r"<(.*?)>", passage))
    ]


def compiled(passage: str) -> tuple[re.Pattern[str], list[str]]:
    """A pattern that finds the passage, however its lines are broken, with a group for each figure; and their names."""
    pattern = re.sub(r"<.*?>", r"(\\d[\\d.,]*(?<=\\d))", passage).replace(" ", r"\s+")
    return re.compile(pattern), re.findall(r"<(.*?)>", passage)


def within(shown: str, figure: Figure) -> bool:
    value, decimals = float(shown.replace(",", "")), len(shown.partition(".")[2])
    slack = max(ROUNDING * abs(value), 0.5 * 10**-decimals if decimals else 0.5)
    return figure.low - slack <= value <= figure.high + slack


def like(shown: str, value: float) -> str:
    """`value` as precise as the figure it's to replace, and to three digits if that has no decimals."""
    if decimals := len(shown.partition(".")[2]):
        return f"{value:.{decimals}f}"
    return f"{int(float(f'{value:.3g}')):,}" if value >= 1000 else f"{value:.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"measure only these (default {', '.join(PARTS)})")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--stored", action="store_true", help="measure nothing")
    what.add_argument("--write", action="store_true", help="change the README and measured.json")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there's no part {', '.join(unknown)}, only {', '.join(PARTS)}")
    stored = msgspec.json.decode(MEASURED.read_bytes(), type=Measured) if MEASURED.exists() else {}
    if options.stored and not stored:
        parser.error(f"nothing is stored yet; run {Path(__file__).name} --write on a machine that does nothing else")
    measured: Measured = stored if options.stored else {}
    for part in () if options.stored else options.parts or PARTS:
        measured |= PARTS[part]()
    text = README.read_text(encoding="utf-8")
    if options.write:
        text = rewrite(text, measured)
        README.write_text(text, encoding="utf-8")
        MEASURED.write_bytes(msgspec.json.format(msgspec.json.encode(stored | measured), indent=1) + b"\n")
    complaints = list(compare(text, measured))
    if not options.parts:
        complaints += [f"not measured: {passage}" for passage in PASSAGES if passage not in known(measured)]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    print(f"{len(known(measured))} passages of the README compared, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
