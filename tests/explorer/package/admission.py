"""Who is let in: watermarks, delays and limiters, in small worlds that are explored exhaustively."""

import itertools

from case import Case, admits, by, delete, no_hole, nothing_pending_is_left, one_place_each, repaired, spoil, took
from census import KEYS
from hands import calls, mourns, offers, produces, setup, work
from model import as_told

from jobqueue.explorer import Faults, Finding, View

ONE_PLACE, TWO_PLACES, THREE_PLACES, EMPTY_FIRST = (0, 1), (1, 2), (2, 3), (0, 2)  # (low, high)

#: What may strike where more than two programs meet.
TWO_OF = Faults(crash=1, lose_reply=1, send_again=1, total=2)


def one_of(*ids: str):
    """At the end: exactly one of these was accepted, unless whoever asked for it died."""

    def check(view: View) -> list[Finding]:
        known = [id for id in ids if f"{KEYS.job(id)}" in view.content.keys]
        least = 0 if "crash" in view.faults else 1
        return [] if least <= len(known) <= 1 else [Finding("admission", f"of {ids} {known} were accepted")]

    return check


def never_faster(rate: float, room: int):
    """At every instant: no more got through, or was given a place, than the limiter allows. (A second reply of two
    calls tells of one place more that nobody has; that is on the safe side.)"""

    def check(view: View) -> list[Finding]:
        came = [(now, answer) for call, now, _, _, answer in view.effects if call == "limit" and answer >= 0]
        places = sorted(now * 1000 + answer for now, answer in came)
        close = [two for one, two in itertools.pairwise(places) if two - one < 1000 / rate - 1]
        allowed = 1 + room + rate * (came[-1][0] - came[0][0]) if came else 0
        return [Finding("too fast", f"places at {places} ms")] if close or len(came) > allowed else []

    return check


def asks(rate: float, room: int, *pauses: int):
    """Ask, pause, ask again …"""
    take = ("take", rate, room)
    return calls(take, *(step for pause in pauses for step in (("sleep", pause), take)))


def capacity(marks, *programs, **options) -> Case:
    """A world of producers, and others, at a tier with watermarks."""
    about = options.pop("about", ())
    named = {f"p{number}": program for number, program in enumerate(programs)}
    return Case(("enqueue", *about), named, also=(admits(*marks),), **options)


ADMISSION: dict[str, Case] = {
    # The last place.
    "two producers, the last place": capacity(
        TWO_PLACES, produces("b", marks=TWO_PLACES), produces("c", marks=TWO_PLACES),
        setup=setup(("a",)), ids=("a", "b", "c"), at_end=(one_of("b", "c"),),
    ),
    "three producers, the last place": capacity(
        TWO_PLACES, *(produces(id, marks=TWO_PLACES) for id in "bcd"),
        setup=setup(("a",)), ids=(*"abcd",), faults=TWO_OF, at_end=(one_of("b", "c", "d"),),
    ),
    "two batches, the last places": capacity(
        THREE_PLACES,
        offers(THREE_PLACES, ("a", "normal", 3, 0), ("b", "normal", 2, 5), ("a", "normal", 3, 0), ("x", "low", 1, 0)),
        offers(THREE_PLACES, ("c", "normal", 3, 0), ("d", "normal", 3, 0), ("b", "normal", 3, 0)),
        ids=(*"abcdx",), tiers=("normal", "low"),
    ),
    "a full server refuses a whole batch": capacity(
        THREE_PLACES, offers(THREE_PLACES, ("a", "normal", 3, 0), ("b", "normal", 3, 5)), faults=Faults(refuse_memory=1)
    ),
    # The watermarks.
    "a producer and a worker at the watermark": capacity(
        EMPTY_FIRST, produces("c", "d", marks=EMPTY_FIRST), work(times=2),
        setup=setup(("a", "normal", 3, 0, EMPTY_FIRST), ("b", "normal", 3, 0, EMPTY_FIRST)),
        ids=(*"abcd",), about=("complete",),
    ),
    "a closed gate opens at the low watermark only": capacity(
        EMPTY_FIRST, produces("c", "d", "e", marks=EMPTY_FIRST), work(), work("bury"),
        setup=setup(("a", "normal", 3, 0, EMPTY_FIRST), ("b", "normal", 3, 0, EMPTY_FIRST)),
        ids=(*"abcde",), faults=Faults(crash=1), about=("complete", "bury"),
    ),
    "an accepted call is repeated on a full tier": capacity(
        ONE_PLACE, produces("a", "a", marks=ONE_PLACE), produces("b", marks=ONE_PLACE), at_end=(one_of("a", "b"),)
    ),
    "a gate a tier": capacity(
        ONE_PLACE, produces("b", "c", tier="low", marks=ONE_PLACE), produces("d", marks=ONE_PLACE),
        setup=setup(("a", "normal", 3, 0, ONE_PLACE)), ids=(*"abcd",), tiers=("normal", "low"),
        faults=Faults(crash=1),
    ),
    "who knows no capacity passes the gate": capacity(
        (0, 3), produces("b", marks=ONE_PLACE), produces("c"),
        setup=setup(("a", "normal", 3, 0, ONE_PLACE)), ids=(*"abc",), faults=Faults(crash=1),
    ),
    "a retry and a replay on a full tier": capacity(
        ONE_PLACE, produces("c", marks=ONE_PLACE), work("retry"), mourns("replay"),
        setup=setup(("a",), then=[took("v", 1, "normal", "bury"), by("q", "enqueue", "b", "normal", 3, 0, ONE_PLACE)]),
        ids=(*"abc",), faults=Faults(crash=1, lose_reply=1, total=1), about=("retry", "replay"),
    ),
    "a replay beyond the capacity": capacity(
        ONE_PLACE, produces("c", marks=ONE_PLACE), work(times=2), mourns("replay"),
        setup=setup(("a",), then=[took("v", 1, "normal", "bury"), by("q", "enqueue", "b", "normal", 3, 0, ONE_PLACE)]),
        ids=(*"abc",), faults=Faults(crash=1), about=("complete", "replay"),
    ),
    "how many ever left a full tier": capacity(
        ONE_PLACE, produces("d", "e", marks=ONE_PLACE), work("retry"),
        setup=setup(("a",), ("b",), then=[took("v", 2, "normal", "complete"), by("q", "enqueue", "c")]),
        ids=(*"abcde",), faults=Faults(crash=1), about=("retry",),
    ),
    "a full tier that has no stream": Case(
        ("enqueue",),
        {"p": produces("b", marks=ONE_PLACE)},
        setup(("a", "normal", 3, 20), then=[delete(KEYS.stream("normal"))]),
        Faults(),
        always=(as_told, admits(*ONE_PLACE), one_place_each, no_hole),
        ends=(nothing_pending_is_left, no_hole),
        finish=repaired(KEYS.stream("normal"), missing=True),
    ),
    # Later.
    "what is delayed takes a place": capacity(
        ONE_PLACE, produces("a", delay=5, marks=ONE_PLACE), produces("b", marks=ONE_PLACE), calls(("promote",)),
        faults=Faults(crash=1, lose_reply=1, pass_time=1, total=2), about=("promote",), at_end=(one_of("a", "b"),),
    ),
    "two promote what was enqueued for later": Case(
        ("promote", "enqueue"), {"p": calls(("promote",), ("promote",)), "q": calls(("promote", 1))},
        setup(("a", "normal", 3, 20), ("b", "normal", 3, 20), ("c", "low", 3, 40)),
        ids=(*"abc",), tiers=("normal", "low"),
    ),
    "enqueue for a millisecond": Case(("enqueue",), {"p": produces("a", delay=0.001)}, faults=Faults()),
    "promote and a delayed enqueue": Case(
        ("promote", "enqueue"), {"p": produces("a", "b", delay=20), "q": calls(("promote",))},
    ),
    # Limiters: a place each two seconds, and room for one who waits.
    "two producers, one limiter": Case(
        ("limit",), {"p": asks(0.5, 1, 1, 1), "q": asks(0.5, 1, 3)},
        faults=Faults(crash=1, lose_reply=1, send_again=1, pass_time=1, total=1), ids=(),
        also=(never_faster(0.5, 1),),
    ),
    "two producers, one limiter, at once": Case(
        ("limit",), {"p": asks(0.5, 1, 0, 1), "q": asks(0.5, 1, 3)},
        faults=Faults(crash=1, lose_reply=1, send_again=1, pass_time=1, total=1), ids=(),
        also=(never_faster(0.5, 1),),
    ),
    "a limiter is no place to save up": Case(
        ("limit",), {"p": asks(0.5, 1, 3, 0, 0), "q": asks(0.5, 1, 3)},
        faults=Faults(), ids=(), also=(never_faster(0.5, 1),),
    ),
}  # fmt: skip

# Redis holds a text where the script expects something else: what only counts, and the gate, refuse no job.

for key, words in ((KEYS.gate, "the gate is no hash"), (KEYS.totals, "the totals are no hash")):
    ADMISSION[f"enqueue when {words}"] = Case(
        ("enqueue",),
        {"p": produces("a", marks=ONE_PLACE)},
        setup(then=[spoil(key)]),
        Faults(),
        always=(one_place_each, no_hole, admits(*ONE_PLACE)),
        ends=(nothing_pending_is_left, no_hole, one_of("a")),
        finish=repaired(key),
    )
