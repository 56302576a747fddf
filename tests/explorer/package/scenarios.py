"""Every transition script beside every other that may meet it, in small worlds that are explored exhaustively.

Here those that enqueue, run, end and reap; admission.py and afterlife.py have the others.
"""

from dataclasses import replace

from admission import ADMISSION
from afterlife import AFTERLIFE
from case import (
    DUE,
    GONE,
    LAST,
    LOSE_GROUP,
    ONE,
    ONE_CHANCE,
    REGROUP,
    TWO,
    Case,
    all_settled,
    deaths,
    delete,
    delete_pending,
    died,
    died_at_once,
    full_memory_refuses,
    letters_are_counted,
    no_hole,
    nobody_is_reaped,
    nothing_pending_is_left,
    odd,
    one_outcome,
    one_place_each,
    reap_all,
    repaired,
    silence,
    spoil,
    strange,
    strange_delayed,
    told_done_is_done,
    took,
)
from census import KEYS, nothing_leaks, structure
from hands import beats, calls, produces, reaps, settles, setup, watches, work
from model import as_told
from redis.exceptions import ResponseError

from jobqueue.explorer import Faults, Program

CASES: dict[str, Case] = {
    # Enqueue.
    "two producers, one id, one worker": Case(
        ("enqueue", "complete"),
        {"p": produces("a"), "q": produces("a", tier="high"), "w": work()},
        tiers=("high", "normal"),
    ),
    "a full server refuses a job": Case(
        ("enqueue",), {"p": produces("a")}, faults=Faults(refuse_memory=1), at_end=(full_memory_refuses,)
    ),
    "a full server, a retry and a reaper": Case(
        ("retry", "reap", "heartbeat"), {"w": work("retry", beats=1), "r": reaps("low")},
        setup(("a",), ("c", "low", 1), then=[took("gone", 1, "low"), silence]),
        Faults(refuse_memory=2), tiers=("normal", "low"),
    ),
    "a full server, what is due and what is buried": Case(
        ("promote", "bury", "forget"), {"p": calls(("promote",), ("forget", "gone")), "w": work("bury")},
        setup(("a",), then=[took("gone", 1, "normal", "retry")]), Faults(refuse_memory=2),
    ),
    "a full server, and a release": Case(
        ("release", "complete"), {"w": work("release", started=True), "v": work()}, ONE, Faults(refuse_memory=2)
    ),
    # Two that meet at one entry.
    "complete and reap": Case(("complete", "reap"), {"w": work(), "r": reaps()}, ONE),
    "retry and reap": Case(("retry", "reap"), {"w": work("retry", delay=5), "r": reaps()}, ONE),
    "bury and reap": Case(("bury", "reap"), {"w": work("bury"), "r": reaps()}, ONE),
    "bury and reap, the last attempt": Case(("bury", "reap"), {"w": work("retry"), "r": reaps()}, ONE_CHANCE),
    "release and reap": Case(("release", "reap"), {"w": work("release", started=True), "r": reaps()}, ONE),
    "release for a while and reap": Case(
        ("release", "reap", "promote"), {"w": work("release", delay=5), "r": reaps()}, ONE
    ),
    "release for a millisecond": Case(
        ("release", "promote"), {"w": work("release", delay=0.001), "p": calls(("promote",))}, ONE, Faults()
    ),
    "heartbeat and reap": Case(
        ("heartbeat", "reap"), {"w": work(beats=2), "r": reaps()}, ONE,
        Faults(crash=1, lose_reply=1, pass_time=2, total=2),
    ),
    "heartbeats for two jobs, one reaped": Case(
        ("heartbeat", "reap"), {"w": work(count=2, beats=1), "r": reaps()}, TWO, Faults(pass_time=2)
    ),
    "two reapers": Case(("reap",), {"r": reaps(), "s": reaps()}, GONE),
    "two reapers, the last attempt": Case(
        ("reap",), {"r": reaps(), "s": reaps()}, LAST, at_end=(deaths("lease ran out"),)
    ),
    "two reapers, two jobs": Case(
        ("reap",), {"r": reaps(), "s": reaps()},
        setup(("a",), ("b", "normal", 1), then=[took("gone", 2), silence]), Faults(crash=1, send_again=1, total=1),
    ),
    # Sent again.
    "a batch completed, one of it reaped": Case(
        ("complete", "reap"), {"w": work(count=2), "r": reaps()},
        TWO, Faults(lose_reply=1, send_again=1, pass_time=1, total=2),
    ),
    "retry and bury sent again": Case(
        ("retry", "bury"), {"w": work("retry"), "v": work("bury")}, TWO, Faults(lose_reply=1, send_again=1, total=1)
    ),
    "complete and release sent again": Case(
        ("complete", "release"), {"w": work(), "v": work("release")}, TWO,
        Faults(lose_reply=1, send_again=1, total=1),
    ),
    "two workers complete": Case(
        ("complete",), {"w": work(), "v": work()}, TWO, Faults(crash=1, lose_reply=2, send_again=1, total=2)
    ),
    # Delayed.
    "two promote": Case(
        ("promote",), {"p": calls(("promote",)), "q": calls(("promote", 1))}, DUE, tiers=("normal", "low")
    ),
    "promote one a tier at a time": Case(
        ("promote",), {"p": calls(("promote", 1), ("promote", 1)), "q": calls(("promote", 1))},
        setup(
            ("a", "high"), ("b", "high"), ("c", "low"),
            then=[took("w", 2, "high", "retry", 5), took("w", 1, "low", "retry", 47)],
        ),
        Faults(pass_time=1, crash=1, total=2), ids=("a", "b", "c"), tiers=("high", "low"),
    ),
    "promote and retry": Case(
        ("promote", "retry"), {"p": calls(("promote",)), "w": work("retry", delay=0, times=2)}, ONE
    ),
    "promote and retry, not yet due": Case(
        ("promote", "retry"), {"p": calls(("promote",), ("promote",)), "w": work("retry", delay=20)},
        setup(("a", "high"), ("b",), then=[took("v", 1, "high", "retry", 40)]),
        Faults(pass_time=1, crash=1, total=2), tiers=("high", "normal"),
    ),
    # A slow worker, a second one, and a reaper.
    "a slow worker": Case(
        ("complete", "reap", "heartbeat"),
        {"w": work(beats=1), "v": work(), "r": reaps()},
        ONE, Faults(crash=1, pass_time=1, total=2),
    ),
    "a slow worker that fails": Case(
        ("retry", "reap", "promote"), {"w": work("retry"), "r": reaps(), "p": calls(("promote",))}, ONE,
        Faults(crash=1, pass_time=1, total=2),
    ),
    "one name, two lives": Case(
        ("complete", "reap", "bury"), {"w": work(), "v": work("bury", who="w"), "r": reaps()},
        setup(("a",), then=[took("w"), silence]), Faults(crash=1, pass_time=1, total=2),
    ),
    "attempts are used up": Case(
        ("retry", "reap", "bury", "promote"),
        {"w": work("retry", times=2), "p": calls(("promote",)), "r": reaps()},
        setup(("a", "normal", 2)), Faults(pass_time=1),
    ),
    # The lease is set while they work.
    "a lease is shortened under a worker": Case(
        ("set_lease", "leases", "heartbeat"),
        {"w": beats(9), "s": calls(("sleep", 1), ("set_lease", 9)), "r": watches(10, 21, 3)},
        ONE, Faults(), also=(nobody_is_reaped,),
    ),
    "a lease is shortened, and its worker dies": Case(
        ("set_lease", "leases"), {"s": calls(("set_lease", 9)), "r": watches(20, 10, 1)},
        setup(("a",), then=[took("gone")]), Faults(),
    ),
    "a lease is set, for workers or for none": Case(
        ("set_lease", "leases"),
        {
            "s": calls(*(("set_lease", n) for n in (9, 6, 40, 40)), ("leases",), ("set_lease", 20), ("leases",)),
            "w": work(tier="low"), "l": calls(("leases",), ("sleep", 7), ("leases",), ("sleep", 35), ("leases",)),
        },
        setup(("a", "low")), Faults(refuse_memory=1), tiers=("low",),
    ),
    # Released again and again.
    "released too often": Case(
        ("release",), {"w": work("release", started=True, times=3), "v": work("release", started=True)},
        setup(("a", "normal", 1), then=[took("w", 1, "normal", "release", 0, True)]),
        Faults(crash=1, lose_reply=1, total=1), at_end=(deaths("released too often", "lease ran out"),),
    ),
    "released too often, then as an attempt": Case(
        ("release",), {"w": work("release", started=True, times=3), "v": work("release", started=True)},
        setup(("a", "normal", 2), then=[took("w", 1, "normal", "release", 0, True)]),
        Faults(send_again=1), at_end=(deaths("released too often", "lease ran out"),),
    ),
    "suspects are retried and released": Case(
        ("retry", "release", "reap"), {"w": work("retry", times=2), "v": work("release"), "p": calls(("promote",))},
        setup(("a",), ("b",), then=[took("gone", 2), silence, reap_all]), Faults(),
    ),
    # Consumers.
    "forget and fetch": Case(
        ("forget",), {"f": calls(("forget", "w"), ("forget", "w")), "w": work()}, TWO,
        Faults(crash=1, send_again=1, total=2),
    ),
    "forget those who have been silent": Case(
        ("forget",), {"f": calls(("forget", "w", 60), ("forget", "v", 60)), "w": work()},
        setup(("a",), then=[took("v", 1, "low")]),
        Faults(crash=1),
    ),
    # What is none of ours.
    "no tickets": Case(
        ("bury", "reap"), {"w": work(), "r": reaps()},
        setup(then=[strange("x"), strange("y"), took("gone", 1), silence]), ids=(),
    ),
    "no tickets, released": Case(
        ("release", "reap"), {"v": work("release", started=True), "r": reaps()}, setup(then=[strange("x")]), ids=(),
    ),
    "no tickets, delayed": Case(
        ("promote",), {"p": calls(("promote",)), "q": calls(("promote",))},
        setup(("a",), then=[took("w", 1, "normal", "retry"), strange_delayed("no json"), strange_delayed("[1]")]),
        ids=("a",),
    ),
}  # fmt: skip


# Somebody deleted the entry of a job that is pending; then its worker settles it, or the reaper comes.

for how in ("complete", "retry", "bury", "release"):
    CASES[f"{how} and reap what was deleted"] = Case(
        (how, "reap"),
        {"w": settles(how), "r": reaps()},
        setup(("a",), then=[took("w"), silence, delete_pending]),
        Faults(crash=1),
        always=(as_told,),
        ends=(as_told, nothing_pending_is_left),
    )

# Redis holds a text where a script expects something else: the script fails, and must not leave a hole.

for key, words, always in (
    (KEYS.dead, "the letters are no stream", (structure, one_outcome)),
    (KEYS.delayed("normal"), "the delayed set is none", (structure, one_outcome)),
    (KEYS.totals, "the totals are no hash", (one_place_each, no_hole, told_done_is_done)),
    (KEYS.events, "the events are no stream", (structure, one_outcome)),
    (KEYS.job("a"), "the job is no hash", (one_place_each, no_hole, told_done_is_done)),
):
    for how, limit in (("complete", 3), ("retry", 3), ("retry", 1), ("release", 3), ("release", 1)):
        if key in (KEYS.dead, KEYS.delayed("normal")) and (how == "complete" or (limit == 1) != (key == KEYS.dead)):
            continue  # it touches no such key
        more = {"started": True} if how == "release" else {}
        if how == "release" and key == KEYS.delayed("normal"):
            more["delay"] = 5
        CASES[f"{how} and reap, {limit} attempts, when {words}"] = Case(
            (how, "reap", *(["bury"] if limit == 1 else [])),
            {
                "w": Program(work(how, times=2, **more), may_raise=(ResponseError,)),
                "r": Program(reaps(), may_raise=(ResponseError,)),
            },
            setup(("a", "normal", limit), then=[spoil(key)]),
            Faults(pass_time=1),
            always=always,
            ends=(nothing_pending_is_left, no_hole),
            finish=repaired(key),
        )
CASES["a batch completed, one job of it is no hash"] = Case(
    ("complete",),
    {"w": work(count=2), "r": reaps()},
    setup(("a",), ("b",), then=[spoil(KEYS.job("a"))]),
    Faults(pass_time=1, lose_reply=1, total=1),
    always=(one_place_each, no_hole, told_done_is_done),
    ends=(nothing_pending_is_left, no_hole),
    finish=repaired(KEYS.job("a")),
)
CASES["retry what was deleted, when the letters are no stream"] = Case(
    ("retry",),
    {"w": Program(settles("retry"), may_raise=(ResponseError,))},
    setup(("a",), then=[took("w"), silence, delete_pending, spoil(KEYS.dead)]),
    Faults(),
    always=(letters_are_counted,),
    ends=(letters_are_counted,),
    finish=repaired(KEYS.dead),
)
CASES["complete when the hash was deleted"] = Case(
    ("complete",),
    {"w": work()},
    setup(("a",), then=[delete(KEYS.job("a"))]),
    Faults(),
    always=(one_place_each, nothing_leaks),
    ends=(nothing_pending_is_left, told_done_is_done, nothing_leaks),
)
CASES["promote when the letters are no stream"] = Case(
    ("promote",),
    {
        "p": Program(calls(("promote",)), may_raise=(ResponseError,)),
        "q": Program(calls(("promote",)), may_raise=(ResponseError,)),
    },
    setup(("a",), then=[took("w", 1, "normal", "retry"), strange_delayed("no json", "high"), spoil(KEYS.dead)]),
    Faults(),
    ids=("a",),
    always=(structure,),
    ends=(nothing_pending_is_left, structure),
    finish=repaired(KEYS.dead),
)
CASES["promote when a tier is no stream"] = Case(
    ("promote",),
    {"p": Program(calls(("promote",)), may_raise=(ResponseError,))},
    setup(("a",), then=[took("w", 1, "normal", "retry"), spoil(KEYS.stream("normal"))]),
    Faults(),
    ids=("a",),
    always=(structure,),
    ends=(nothing_pending_is_left, structure),
    finish=repaired(KEYS.stream("normal")),
)
CASES["the groups are gone"] = Case(
    ("complete", "heartbeat", "release", "forget"),
    {"w": Program(work(beats=1, count=2), may_raise=(ResponseError,)), "s": calls(LOSE_GROUP, REGROUP)},
    TWO,
    Faults(),
    always=(structure, as_told),
    ends=(structure, as_told, all_settled, nothing_pending_is_left),
)
ODD = {  # what no ticket of ours has; None: the field is missing
    "id": ("",), "reaped": (None,), "body": (None,),
    "attempt": ("x", "0", "12345"), "max_attempts": ("x", "0", "nan"), "released": ("x", "-1"),
    "lost": ("x", "-1", "1", "12345"),
}  # fmt: skip
for field, values in ODD.items():
    for value in values:
        for how, program in (("release", work("release", started=True)), ("reap", reaps())):
            CASES[f"{how} a ticket whose {field} is {value!r}"] = Case(
                (how,),
                {"w": program},
                setup(then=[odd(field, value), *([took("gone"), silence] if how == "reap" else [])]),
                Faults(),
                ids=(),
                always=(one_place_each,),
                ends=(died("malformed"), died_at_once, nothing_pending_is_left),
            )
CASES["a batch that has a job twice"] = Case(
    ("complete",), {"w": work("complete twice")}, TWO, Faults(lose_reply=1, crash=1, total=1)
)
CASES["a look while the group is gone"] = Case(
    ("snapshot", "status", "heads"),
    {"l": calls(LOSE_GROUP, ("look", "a", "b"), REGROUP)},
    setup(("a",), ("b",), then=[took("w")]),
    Faults(),
    ends=(structure, as_told, all_settled, nothing_pending_is_left),
)

CASES |= ADMISSION | AFTERLIFE

#: Those that take longest: every day they are explored with one fault fewer, in the long run with all of theirs.
HEAVY = (
    "a batch completed, one of it reaped",
    "a closed gate opens at the low watermark only",
    "a letter replayed, and then discarded",
    "a producer and a worker at the watermark",
    "a replay beyond the capacity",
    "a retry and a replay on a full tier",
    "a slow worker",
    "a slow worker that fails",
    "attempts are used up",
    "bury and reap, the last attempt",
    "cancel and enqueue",
    "cancel and release",
    "cancel and replay",
    "cancel and retry",
    "discarded, and enqueued anew",
    "drain and fetch",
    "heartbeat and reap",
    "heartbeats for two jobs, one reaped",
    "letters that are no jobs",
    "no tickets",
    "one name, two lives",
    "promote and a delayed enqueue",
    "promote and retry",
    "promote and retry, not yet due",
    "recorded: a batch completed, a release, a last attempt",
    "recorded: retry, reap, promote",
    "release and reap",
    "release for a while and reap",
    "replay and discard",
    "replayed after all it has been through",
    "replayed, and dead again",
    "suspects are retried and released",
    "two cancel what is delayed",
    "what is delayed takes a place",
    "two discard",
    "two producers, one id, one worker",
    "two reapers, the last attempt",
    "two reapers, two jobs",
    "two replay two letters",
    "two workers complete",
)
for name in HEAVY:
    CASES[name] = replace(CASES[name], heavy=True)

# Larger worlds, for the long run.

LONG: dict[str, Case] = {
    "two reapers and a worker": Case(("reap",), {"r": reaps(), "s": reaps(), "w": work()}, GONE),
    "two reapers, two jobs, two faults": Case(
        ("reap",), {"r": reaps(), "s": reaps()}, setup(("a",), ("b", "normal", 1), then=[took("gone", 2), silence])
    ),
    "each sent again": Case(
        ("retry", "complete", "release", "bury"),
        {"w": work("retry"), "v": work("release"), "u": work("bury")},
        setup(("a",), ("b",), ("c",)), Faults(lose_reply=1, send_again=1, total=2), ids=("a", "b", "c"),
    ),
    "attempts are used up, two faults": Case(
        ("retry", "reap", "bury", "promote"),
        {"w": work("retry", times=2), "p": calls(("promote",)), "r": reaps()},
        setup(("a", "normal", 2)), Faults(pass_time=2, lose_reply=1, crash=1, total=2),
    ),
    "no tickets, two workers and a reaper": Case(
        ("bury", "reap", "release"), {"w": work(), "v": work("release"), "r": reaps()},
        setup(then=[strange("x"), strange("y"), took("gone", 1), silence]), ids=(),
    ),
    "two workers, a reaper, three jobs": Case(
        ("complete", "retry", "reap"), {"w": work(count=2), "v": work("retry"), "r": reaps()},
        setup(("a",), ("b",), ("c", "normal", 1)), ids=("a", "b", "c"),
    ),
    "a producer, a worker, a reaper, three faults": Case(
        ("enqueue", "complete", "reap"), {"p": produces("a", "b"), "w": work(beats=1, times=2), "r": reaps()},
        faults=Faults(crash=1, lose_reply=1, pass_time=2, total=3),
    ),
    "a slow worker, three faults": Case(
        ("complete", "reap", "heartbeat"), {"w": work(beats=1), "v": work("retry"), "r": reaps()}, ONE,
        Faults(crash=1, lose_reply=1, send_again=1, pass_time=2, total=3),
    ),
    "two promote, one works": Case(
        ("promote",), {"p": calls(("promote",)), "q": calls(("promote", 1)), "w": work(tier="low")}, DUE,
        Faults(crash=2, lose_reply=1, send_again=1, pass_time=1, total=3), tiers=("normal", "low"),
    ),
    "released and released": Case(
        ("release", "reap"),
        {"w": work("release", started=True, times=2), "v": work("release", started=True, delay=5), "r": reaps()},
        setup(("a", "normal", 1), ("b",)),
    ),
}  # fmt: skip
