"""What a scenario is, what must hold in all of them, and the acts that make their starting states."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from census import KEYS, Census, structure
from hands import EPOCH, Hand, finish, setup
from model import LEASE, as_told, body_of

from jobqueue.explorer import Faults, Finding, Scenario, View
from jobqueue.keys import GROUP, create_groups
from jobqueue.scripts import SCRIPTS

#: What may strike, two at most, a lease that passes being one of them.
ANY = Faults(crash=1, lose_reply=1, send_again=1, pass_time=1, total=2)


NOTHING = setup()


@dataclass(frozen=True)
class Case:
    """A world of `programs`, and which scripts it is about.

    `always` and `ends` stand in place of what all others must hold, `also` (at every instant) and `at_end` beside it;
    `finish` in place of theirs.
    """

    about: tuple[str, ...]
    programs: dict[str, Callable]
    setup: Callable = NOTHING
    faults: Faults = ANY
    ids: tuple[str, ...] = ("a", "b")
    always: tuple[Callable, ...] = ()
    also: tuple[Callable, ...] = ()
    at_end: tuple[Callable, ...] = ()
    finish: Callable | None = None
    tiers: tuple[str, ...] = ("normal",)  # those it uses
    ends: tuple[Callable, ...] = ()
    heavy: bool = False  # every day with one fault fewer, in the long run with all

    @property
    def size(self) -> tuple:
        """Roughly how long it takes, to compare."""
        return sum(self.faults.budget().values()), len(self.programs)

    def scenario(self, title: str, everyday=False) -> Scenario:
        faults = self.faults
        if everyday and self.heavy:
            fewer = (faults.total or sum(faults.budget().values())) - 1
            faults = replace(faults, total=fewer) if fewer else Faults()
        always = (self.always or (structure, as_told, one_outcome, one_fate)) + self.also
        invariants = (self.ends or (*always, all_settled, nothing_pending_is_left)) + self.at_end
        return Scenario(
            self.programs,
            self.setup,
            self.finish or finish(*self.ids, tiers=self.tiers),
            invariants,
            always,
            faults=faults,
            lease=LEASE,
            scripts={name: script.text for name, script in SCRIPTS.items()},
            title=title,
        )


# What must hold, besides structure and as_told.

DEEP = ("waiting", "pending", "delayed")
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


def one_fate(view: View) -> list[Finding]:
    """At every instant: a letter is replayed or discarded once at most, and who was cancelled is given to nobody."""
    found, letters, cancelled = [], set(), set()
    for call, _, who, args, answer in view.effects:
        if call in ("replay", "discard") and answer == 1:
            if args[0] in letters:
                found.append(Finding("two fates", f"{who} was told that it did {call} {args[0]}, as another was"))
            letters.add(args[0])
        elif call == "cancel" and answer:
            if args[0] in cancelled:
                found.append(Finding("cancelled twice", f"two were told that they cancelled {args[0]}"))
            cancelled.add(args[0])
        elif call == "fetch":
            found += [Finding("cancelled", f"{who} was given {id}") for id, *_ in answer if id in cancelled]
    return found


def admits(low: int, high: int, tier="normal"):
    """At every instant: never over capacity, but for what was replayed; nobody was refused while there was room, and
    nobody who was accepted."""

    def check(view: View) -> list[Finding]:
        census, found = Census(view.content), []
        fresh = [id for id, told in census.hashes.items() if not told.get("replays")]
        held = [id for id in fresh for at in census.places[id] if at.tier == tier and at.place in DEEP]
        if len(held) > high:
            found.append(Finding("over capacity", f"{tier} holds {held}, {high} are allowed"))
        for call, _, who, args, answer in view.effects:
            if call == "enqueue" and answer != "refused":
                full = [(job[0], one[1]) for job, one in zip(args, answer, strict=False) if one not in (0, 1)]
                found += [Finding("refused", f"{who}, at a depth of {depth}") for _, depth in full if depth <= low]
                found += [Finding("refused", f"{who}, whose {id} is accepted") for id, _ in full if id in census.hashes]
        return found

    return check


def all_settled(view: View) -> list[Finding]:
    """At the end, after the healthy one: every job is done or dead, or nobody wants it any more."""
    places = {id: [at.place for at in places] for id, places in Census(view.content).places.items() if places}
    return [
        Finding("stuck", f"{id} is {at}") for id, at in places.items() if at not in (["done"], ["dead"], ["cancelled"])
    ]


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


def nobody_is_cancelled(view: View) -> list[Finding]:
    """At every instant: whoever could not be taken back is not said to be, and nobody is told so."""
    said = [id for id, told in Census(view.content).hashes.items() if told.get("state") == "cancelled"]
    said += [args[0] for call, _, _, args, answer in view.effects if call == "cancel" and answer]
    return [Finding("told cancelled", f"{id} is not") for id in said]


def each_letter_has_its_job(view: View) -> list[Finding]:
    """At every instant: what is known of a job is not thrown away before its letter is."""
    census = Census(view.content)
    ids = [letter["id"] for letter in census.letters if letter["id"] and letter["id"] not in census.hashes]
    return [Finding("forgotten", f"of {id} there is only a letter") for id in ids]


def no_letter_is_left(view: View) -> list[Finding]:
    """At the end: each letter was replayed, or thrown away."""
    return [Finding("stuck", f"the letter of {letter['id']}") for letter in Census(view.content).letters]


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


def died_at_once(view: View) -> list[Finding]:
    """At the end: what came first is what was buried; it did not become another entry before."""
    entries = [letter["entry"] for letter in Census(view.content).letters]
    return [] if entries == [f"{EPOCH * 1000}-0"] else [Finding("buried late", f"the letters are of {entries}")]


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


def nobody_is_reaped(view: View) -> list[Finding]:
    """At every instant: no lease ran out, since its worker lives."""
    return [Finding("reaped", "the living")] if Census(view.content).totals.get("reaped") else []


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
    """An entry that is a ticket but for one field (None: it is missing)."""
    ticket = {"id": "a", "attempt": "1", "max_attempts": "3", "reaped": "0", "released": "0", "lost": "0"}
    ticket["body"] = body_of("a")
    flat = [word for pair in (ticket | {field: value}).items() if pair[1] is not None for word in pair]

    async def act(world):
        await world.connect().execute_command("XADD", KEYS.stream("normal"), "*", *flat)

    return act


def strange_delayed(name: str, tier="normal", due=None):
    """No ticket, in the delayed set; due since long ago, or so many seconds after the start."""
    due_ms = 0 if due is None else (EPOCH + due) * 1000
    add = ("ZADD", KEYS.delayed(tier), due_ms, name)
    return by("stranger", "damage", "add_delayed", ("?" + name, tier, due_ms), add)


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


def repaired(key: str, missing=False):
    """A `finish`: delete what somebody put in place of `key`, or make it again, and go on as usual."""

    async def program(redis, world):
        if missing or await world.connect().type(key) == b"string":
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
