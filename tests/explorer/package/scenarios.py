"""Every transition script beside every other that may meet it, in small worlds that are explored exhaustively."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from census import KEYS, Census, nothing_leaks, structure
from hands import EPOCH, Hand, calls, finish, produces, reaps, settle, setup, work
from model import LEASE, as_told, body_of
from redis.exceptions import ResponseError

from jobqueue.job import Job
from jobqueue.keys import GROUP
from jobqueue.lab.explorer import Faults, Finding, Program, Scenario, View
from jobqueue.scripts import SCRIPTS
from jobqueue.shared import create_groups

#: What may strike, two at most, a lease that passes being one of them.
ANY = Faults(crash=1, lose_reply=1, send_again=1, pass_time=1, total=2)


NOTHING = setup()


@dataclass(frozen=True)
class Case:
    """A world of `programs`, and which scripts it is about.

    `always` and `ends` stand in place of what all others must hold, `at_end` beside it; `finish` in place of theirs.
    """

    about: tuple[str, ...]
    programs: dict[str, Callable]
    setup: Callable = NOTHING
    faults: Faults = ANY
    ids: tuple[str, ...] = ("a", "b")
    always: tuple[Callable, ...] = ()
    at_end: tuple[Callable, ...] = ()
    finish: Callable | None = None
    tiers: tuple[str, ...] = ("normal",)  # those it uses
    ends: tuple[Callable, ...] = ()

    @property
    def size(self) -> tuple:
        """Roughly how long it takes, to compare."""
        return sum(self.faults.budget().values()), len(self.programs)

    def scenario(self, title: str) -> Scenario:
        invariants = self.ends or (structure, as_told, one_outcome, all_settled, nothing_pending_is_left)
        always = self.always or (structure, as_told, one_outcome)
        return Scenario(
            self.programs,
            self.setup,
            self.finish or finish(*self.ids, tiers=self.tiers),
            invariants + self.at_end,
            always,
            faults=self.faults,
            lease=LEASE,
            scripts={name: script.text for name, script in SCRIPTS.items()},
            title=title,
        )


# What must hold, besides structure and as_told.

SETTLING = {"complete", "retry", "bury", "release", "reap"}


def outcomes(view: View):
    """(call, who, tier, entry, answer) of each answer to a script that may end an attempt."""
    for call, _, who, args, answer in view.effects:
        if call == "complete":
            yield from ((call, who, *result[:2], one) for result, one in zip(args, answer, strict=True))
        elif call in SETTLING and not (call == "bury" and not args[2]):  # nothing remembers what has no id
            yield call, who, *args[:2], answer


def one_outcome(view: View) -> list[Finding]:
    """At every instant: an attempt has one outcome at most; and nobody is told "lost" of what nobody took."""
    ended, found = {}, []
    reaped = Census(view.content).totals.get("reaped", 0)
    for call, who, tier, entry, answer in outcomes(view):
        if answer not in (0, 1, 2):
            found.append(Finding("wrong answer", f"{who} was told {answer!r} by {call}"))
        elif answer and ended.setdefault((tier, entry), (call, who)) != (call, who):
            found.append(Finding("two outcomes", f"{entry} of {tier}: {call} by {who} and {ended[tier, entry]}"))
        elif answer == 0 and not reaped and call in ("complete", "retry", "bury") and (tier, entry) not in ended:
            found.append(Finding("told lost", f"{who} was told that its lease on {entry} is lost, but nobody took it"))
    return found


def all_settled(view: View) -> list[Finding]:
    """At the end, after the healthy one: every job is done or dead."""
    places = {id: [at.place for at in places] for id, places in Census(view.content).places.items() if places}
    return [Finding("stuck", f"{id} is {at}") for id, at in places.items() if at not in (["done"], ["dead"])]


def nothing_pending_is_left(view: View) -> list[Finding]:
    """At the end: streams and delayed sets are empty, whatever jobs became of."""
    census = Census(view.content)
    left = census.count("gone") + census.count("pending") + census.count("waiting") + census.count("delayed")
    return [Finding("leaked", f"{left} entries are left")] if left else []


def no_hole(view: View) -> list[Finding]:
    """At every instant, when Redis holds what no script expects: the worst is a duplicate."""
    census = Census(view.content)
    nowhere = [id for id in census.hashes if not census.places[id]]
    found = [Finding("lost", f"{id} is nowhere") for id in nowhere]
    return found + [Finding("lost", f"{one}: nobody will be given it") for one in census.nobodys]


def one_place_each(view: View) -> list[Finding]:
    """At every instant: no job is in two places."""
    places = {id: [at.place for at in places] for id, places in Census(view.content).places.items()}
    return [Finding("two places", f"{id} is in {at}") for id, at in places.items() if len(at) > 1]


def told_done_is_done(view: View) -> list[Finding]:
    """At every instant: a job whose worker was told so is done."""
    told = [
        (result[2], one)
        for call, _, _, args, answer in view.effects
        if call == "complete"
        for result, one in zip(args, answer, strict=True)
    ]
    states = {id: fields.get("state") for id, fields in Census(view.content).hashes.items()}
    lies = {id for id, one in told if one and states.get(id) != "done"}
    return [Finding("told done", f"{id} is not done") for id in sorted(lies)]


def letters_are_counted(view: View) -> list[Finding]:
    """At every instant: as many letters as the total says."""
    census = Census(view.content)
    said = census.totals.get("dead", 0)
    return [] if said == len(census.letters) else [Finding("totals lie", f"{said} dead, {len(census.letters)} letters")]


def died(*reasons: str):
    """At the end: one letter was written for each of these reasons."""

    def check(view: View) -> list[Finding]:
        found = sorted(letter["reason"] for letter in Census(view.content).letters)
        return [] if found == sorted(reasons) else [Finding("wrong letters", f"{found}, not {reasons}")]

    return check


def deaths(*reasons: str):
    """At the end: these are the reasons for which letters were written, some or all of them."""

    def check(view: View) -> list[Finding]:
        odd = {letter["reason"] for letter in Census(view.content).letters} - set(reasons)
        return [Finding("wrong reason", f"dead for {reason!r}") for reason in sorted(odd)]

    return check


def full_memory_refuses(view: View) -> list[Finding]:
    """At the end: the enqueue that memory failed was refused. (Nothing else here needs memory.)"""
    if "refuse_memory" not in view.faults or any(effect[4] == "refused" for effect in view.effects):
        return []
    return [Finding("accepted", "a full server accepted a job")]


# Acts of setups.


async def silence(world) -> None:
    await asyncio.sleep(LEASE + 5)


def by(who: str, name: str, *args):
    """Some Hand's act."""

    async def act(world):
        await getattr(Hand(world, who), name)(*args)

    return act


def took(who: str, count=1, tier="normal", how=None, *args):
    """`who` fetched, and did with each what `how` says."""

    async def act(world):
        hand = Hand(world, who)
        for job in await hand.fetch(count, tier):
            if how == "release":
                await hand.release(job.priority, job.entry, *args)
            elif how == "bury":
                await hand.bury(job.priority, job.entry, job.id)
            elif how:
                await getattr(hand, how)(job, *args)

    return act


async def reap_all(world) -> None:
    hand = Hand(world, "reaper")
    for entry in await hand.stale():
        await hand.reap("normal", entry)


def strange(name: str, tier="normal"):
    """An entry that is no ticket."""
    return by("stranger", "damage", "add", ("?" + name, tier), ("XADD", KEYS.stream(tier), "*", "raw", name))


def odd(field: str, value: str):
    """An entry that is a ticket but for one field."""
    ticket = {"id": "a", "attempt": "1", "max_attempts": "3", "reaped": "0", "released": "0", "body": body_of("a")}
    flat = [word for pair in (ticket | {field: value}).items() for word in pair]

    async def act(world):
        await world.connect().execute_command("XADD", KEYS.stream("normal"), "*", *flat)

    return act


def strange_delayed(name: str, tier="normal"):
    add = ("ZADD", KEYS.delayed(tier), 0, name)
    return by("stranger", "damage", "add_delayed", ("?" + name, tier), add)


async def delete_pending(world) -> None:
    """Delete the one pending entry of `normal`; its job is `a`."""
    redis = world.connect()
    ((entry, _),) = await redis.xrange(KEYS.stream("normal"))
    await Hand(world, "stranger").damage("delete", ("a",), ("XDEL", KEYS.stream("normal"), entry))


_STREAM = KEYS.stream("normal")
LOSE_GROUP = ("damage", "lose_group", ("normal",), ("XGROUP", "DESTROY", _STREAM, GROUP))  # FLUSHALL, or an eviction
REGROUP = ("damage", "regroup", ("normal",), ("XGROUP", "CREATE", _STREAM, GROUP, "0"))


def spoil(key: str):
    """Put a text where Redis should hold something else."""

    async def act(world):
        await world.connect().set(key, "text")

    return act


def delete(key: str):
    async def act(world):
        await world.connect().delete(key)

    return act


def repaired(key: str):
    """A `finish`: delete what somebody put in place of `key`, and go on as usual."""

    async def program(redis, world):
        if await world.connect().type(key) == b"string":
            await world.connect().delete(key)
            await create_groups(world.connect(), KEYS)
        await finish("a")(redis, world)

    return program


GONE = setup(("a",), then=[took("gone"), silence])  # one job, its worker dead for a lease
LAST = setup(("a", "normal", 1), then=[took("gone"), silence])  # the same, on its last attempt
DUE = setup(("a",), ("b", "low"), then=[took("w", 1, "normal", "retry"), took("w", 1, "low", "retry")])
TWO = setup(("a",), ("b",))
ONE = setup(("a",))
ONE_CHANCE = setup(("a", "normal", 1))

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

PENDING = Job("a", "t", None, "normal", 1, 3, 60.0, 0.0, f"{EPOCH * 1000}-0", False)


def settles(how: str, **options):
    """End the attempt that `w` began in setup."""

    async def program(redis, world):
        await settle(how, **options)(Hand(world, "w"), PENDING)

    return program


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
    (KEYS.totals, "the totals are no hash", (no_hole,)),
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
for field in ("attempt", "max_attempts", "released"):
    for how, program in (("release", work("release")), ("reap", reaps())):
        CASES[f"{how} a ticket whose {field} is no number"] = Case(
            (how,),
            {"w": program},
            setup(then=[odd(field, "x"), *([took("gone"), silence] if how == "reap" else [])]),
            Faults(),
            ids=(),
            always=(one_place_each,),
            ends=(died("malformed"), nothing_pending_is_left),
        )
CASES["a look while the group is gone"] = Case(
    ("snapshot", "status", "heads"),
    {"l": calls(LOSE_GROUP, ("look", "a", "b"), REGROUP)},
    setup(("a",), ("b",), then=[took("w")]),
    Faults(),
    ends=(structure, as_told, all_settled, nothing_pending_is_left),
)

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
