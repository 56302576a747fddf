"""Letters replayed and discarded, jobs cancelled, and who watches, in small worlds that are explored exhaustively."""

from case import (
    GONE,
    LOSE_GROUP,
    ONE,
    REGROUP,
    TWO,
    Case,
    by,
    delete,
    delete_pending,
    each_letter_has_its_job,
    no_hole,
    no_letter_is_left,
    nobody_is_cancelled,
    nothing_pending_is_left,
    one_fate,
    reap_all,
    repaired,
    silence,
    spoil,
    strange,
    strange_delayed,
    took,
)
from census import KEYS
from hands import calls, mourns, produces, reaps, settles, setup, work
from model import as_told
from redis.exceptions import ResponseError

from jobqueue.explorer import Faults, Program

BURIED = setup(("a", "normal", 2), then=[took("w", 1, "normal", "bury")])
BOTH_BURIED = setup(("a",), ("b", "low", 1), then=[took("w", 1, "normal", "bury"), took("w", 1, "low", "bury")])
STRANGERS = setup(then=[strange("x"), took("gone"), silence, reap_all, strange_delayed("y"), by("promoter", "promote")])
TIRED = setup(  # released, reaped, and dead on its last attempt
    ("a", "normal", 2),
    then=[took("w", 1, "normal", "release", 0, True), took("gone"), silence, reap_all, took("w", 1, "normal", "bury")],
)
LATER = setup(("a", "normal", 3, 20), ("b", "normal", 3, 20))  # due at the same instant

cancels = calls(("cancel", "a"))

AFTERLIFE: dict[str, Case] = {
    # Letters.
    "two replay": Case(("replay",), {"m": mourns("replay"), "n": mourns("replay")}, BURIED),
    "two replay two letters": Case(
        ("replay",), {"m": mourns("replay"), "n": mourns("replay")}, BOTH_BURIED,
        Faults(crash=1, lose_reply=1, send_again=1, total=1), tiers=("normal", "low"),
    ),
    "replay and discard": Case(("replay", "discard"), {"m": mourns("replay"), "n": mourns("discard")}, BURIED),
    "two discard": Case(("discard",), {"m": mourns("discard"), "n": mourns("discard")}, BOTH_BURIED),
    "a letter replayed, and then discarded": Case(
        ("replay", "discard"), {"m": mourns("replay", "discard"), "n": mourns("discard", "replay")}, BURIED
    ),
    "replayed, and dead again": Case(
        ("replay", "bury"), {"m": mourns("replay"), "n": mourns("replay"), "w": work("bury")}, BURIED,
        Faults(crash=1, lose_reply=1, total=1),
    ),
    "replayed after all it has been through": Case(
        ("replay", "reap", "release"), {"m": mourns("replay"), "w": work("retry"), "r": reaps()}, TIRED,
        Faults(crash=1, lose_reply=1, pass_time=1, total=1),
    ),
    "discarded, and enqueued anew": Case(
        ("discard", "enqueue"), {"m": mourns("discard"), "p": produces("a")}, BURIED
    ),
    "letters that are no jobs": Case(
        ("replay", "discard"), {"m": mourns("replay", "discard"), "n": mourns("replay")}, STRANGERS,
        Faults(crash=1, send_again=1, total=1), ids=(),
    ),
    "a letter whose entry was deleted": Case(
        ("replay", "discard"), {"w": settles("bury"), "m": mourns("replay"), "n": mourns("discard")},
        setup(("a",), then=[took("w"), silence, delete_pending]), Faults(crash=1),
        always=(as_told, one_fate), ends=(as_told, nothing_pending_is_left),
    ),
    "a full server: replay, discard, cancel": Case(
        ("replay", "discard", "cancel"),
        {"m": mourns("replay"), "n": mourns("discard"), "c": calls(("cancel", "b"))},
        setup(("a",), then=[took("w", 1, "normal", "bury"), by("p", "enqueue", "b", "normal", 3, 20)]),
        Faults(refuse_memory=1),
    ),
    # Cancelled.
    "cancel and fetch": Case(("cancel",), {"c": cancels, "w": work()}, ONE),
    "cancel and fetch, two jobs": Case(
        ("cancel",), {"c": calls(("cancel", "b")), "w": work(count=2)}, TWO, Faults(crash=1, lose_reply=1, total=2)
    ),
    "two cancel": Case(("cancel",), {"c": cancels, "d": cancels}, ONE),
    "two cancel what is delayed": Case(
        ("cancel",), {"c": calls(("cancel", "a"), ("cancel", "b")), "d": cancels}, LATER,
    ),
    "cancel and promote": Case(("cancel", "promote"), {"c": cancels, "p": calls(("promote",))}, LATER),
    "cancel and retry": Case(
        ("cancel", "retry"), {"c": calls(("cancel", "a"), ("cancel", "a")), "w": work("retry", delay=20)}, ONE
    ),
    "cancel and release": Case(
        ("cancel", "release"), {"c": cancels, "w": work("release", started=True), "v": work()}, ONE,
        Faults(crash=1, lose_reply=1, send_again=1, total=1),
    ),
    "cancel and reap": Case(("cancel", "reap"), {"c": cancels, "r": reaps()}, GONE),
    "cancel and enqueue": Case(
        ("cancel", "enqueue"), {"c": calls(("cancel", "a"), ("cancel", "a")), "p": produces("a", "a")}
    ),
    "cancel and replay": Case(("cancel", "replay"), {"c": cancels, "m": mourns("replay")}, BURIED),
    "cancel while the group is gone": Case(
        ("cancel",), {"c": calls(LOSE_GROUP, ("cancel", "a"), REGROUP)},
        setup(("a",), ("b",), then=[took("w")]), Faults(),
    ),
    "cancel what was deleted": Case(
        ("cancel",), {"c": cancels}, setup(("a",), then=[took("w"), silence, delete_pending]), Faults(),
        always=(as_told,), ends=(as_told, nothing_pending_is_left),
    ),
    "cancel what somebody took out of the delayed set": Case(
        ("cancel",), {"c": cancels}, setup(("a", "normal", 3, 20), then=[delete(KEYS.delayed("normal"))]), Faults(),
        always=(nobody_is_cancelled,), ends=(nobody_is_cancelled,),
    ),
    "cancel beside a stranger that is delayed": Case(
        ("cancel",), {"c": cancels},
        setup(("a", "normal", 3, 20), then=[strange_delayed("no json", due=20), strange_delayed("[1]", due=20)]),
        Faults(), ids=("a",),
    ),
    # Drained.
    "drain and fetch": Case(("release",), {"w": work("release", started=True), "v": work()}, ONE),
    # Somebody records all of it, or changes the policy.
    "recorded: retry, reap, promote": Case(
        ("retry", "reap", "promote"), {"w": work("retry"), "r": reaps(), "p": calls(("promote",))},
        setup(("a", "normal", 2), events=True), Faults(crash=1, pass_time=1, total=2),
    ),
    "recorded: a batch completed, a release, a last attempt": Case(
        ("complete", "release", "bury", "enqueue"), {"w": work(count=2), "v": work("release"), "u": work("bury")},
        setup(("a",), ("b",), ("c",), events=True), Faults(crash=1), ids=(*"abc",),
    ),
    "recorded: what becomes of the dead, and who is cancelled": Case(
        ("replay", "discard", "cancel"), {"m": mourns("replay"), "n": mourns("discard"), "c": calls(("cancel", "b"))},
        setup(("a",), ("b",), then=[took("w", 1, "normal", "bury")], events=True), Faults(crash=1),
    ),
    "recorded: strangers": Case(
        ("bury", "reap", "promote", "discard"), {"p": calls(("promote",)), "r": reaps(), "m": mourns("discard")},
        setup(then=[strange("x"), took("gone"), silence, strange_delayed("y")], events=True), Faults(), ids=(),
    ),
    "a policy is set": Case(
        ("complete", "heads"), {"s": calls(("set_policy", "aging:5")), "w": work()},
        setup(("a",), ("b", "low")), Faults(pass_time=1), tiers=("normal", "low"),
    ),
}  # fmt: skip

# Redis holds a text where a script expects something else: it fails, or goes on, and leaves no hole.

for key, words in (
    (KEYS.totals, "the totals are no hash"),
    (KEYS.job("a"), "the job is no hash"),
    (KEYS.stream("normal"), "the tier is no stream"),
    (KEYS.delayed("normal"), "the delayed set is none"),
):
    for how, program, start in (
        ("replay", mourns("replay"), {"jobs": [("a",)], "then": [took("w", 1, "normal", "bury")]}),
        ("cancel", cancels, {"jobs": [("a", "normal", 3, 20 if "delayed" in key else 0)], "then": []}),
    ):
        if how == "replay" and "delayed" in key:
            continue  # it touches no such key
        AFTERLIFE[f"{how} when {words}"] = Case(
            (how,),
            {"m": Program(program, may_raise=(ResponseError,)), "n": Program(program, may_raise=(ResponseError,))},
            setup(*start["jobs"], then=[*start["then"], spoil(key)]),
            Faults(),
            always=(nobody_is_cancelled,) if how == "cancel" and "totals" not in key else (one_fate, no_hole),
            ends=(nothing_pending_is_left,),
            finish=repaired(key),
        )

AFTERLIFE["discard when the totals are no hash"] = Case(
    ("discard",),
    {"m": mourns("discard")},
    setup(("a",), then=[took("w", 1, "normal", "bury"), spoil(KEYS.totals)]),
    Faults(),
    always=(each_letter_has_its_job,),
    ends=(each_letter_has_its_job, no_letter_is_left),
    finish=repaired(KEYS.totals),
)
