"""Where every job is, read from all that Redis holds; and what must be true of that at every instant.

A job is known by its id; what is no ticket of ours goes by "?" and its raw content.
"""

import json
from collections import Counter, defaultdict
from typing import NamedTuple

from jobqueue.explorer import Content, Finding, Stream, View
from jobqueue.keys import GROUP, TIERS, Keys

KEYS = Keys("jobs")
TTL = 3600  # seconds that results are kept
ENDED = ("done", "cancelled")  # what only a hash tells, until it expires


class Place(NamedTuple):
    """One place where a job is: waiting, pending, delayed, dead, done, cancelled.

    `gone`: pending, and its entry was deleted. (A discarded job is in no place, and unknown.)
    """

    place: str
    tier: str
    ticket: dict
    entry: str = ""
    consumer: str = ""
    due: int = 0


class Census:
    """Every job, and all places where it is: exactly one, or something is wrong."""

    def __init__(self, content: Content):
        keys = content.keys
        self.hashes = {key.removeprefix(KEYS.job_prefix): keys[key] for key in keys if key.startswith(KEYS.job_prefix)}
        self.hashes = {id: fields for id, fields in self.hashes.items() if isinstance(fields, dict)}
        self.totals = _as(dict, keys.get(KEYS.totals))
        self.totals = {name: int(count) for name, count in self.totals.items()}
        dead = _stream(content, KEYS.dead).entries
        self.letters, self.letter_ids = list(dead.values()), list(dead)
        self.gate = _as(dict, keys.get(KEYS.gate))
        self.events = list(_stream(content, KEYS.events).entries.values())
        self.history = {id: _history(fields.get("history", "")) for id, fields in self.hashes.items()}
        self.consumers = {}
        self.line = {}  # by tier: who waits, in order
        self.nobodys = []  # entries that are neither waiting nor pending
        self.places = defaultdict(list)
        for tier in TIERS:
            self._tier(tier, _stream(content, KEYS.stream(tier)))
            for member, due in _as(dict, keys.get(KEYS.delayed(tier))).items():
                ticket = _unpacked(member)
                self.places[name_of(ticket)].append(Place("delayed", tier, ticket, due=int(due)))
        for letter in self.letters:
            ticket = _buried(letter)
            name = letter["id"] or name_of(ticket, letter["entry"])
            self.places[name].append(Place("dead", letter["tier"], ticket, letter["entry"]))
        for id, fields in self.hashes.items():
            if fields.get("state") in ENDED:
                self.places[id].append(Place(fields["state"], fields.get("tier", ""), {}, fields.get("settled", "")))

    def _tier(self, tier: str, stream: Stream) -> None:
        group = stream.groups.get(GROUP)
        waiting, rows = stream.waiting(GROUP), group.pending if group else ()
        self.line[tier] = [name_of(fields) for fields in waiting.values()]
        self.consumers[tier] = set(group.consumers) if group else set()
        pending = {row.id: row.consumer for row in rows}
        for entry, fields in stream.entries.items():
            if entry in pending:
                self.places[name_of(fields)].append(Place("pending", tier, fields, entry, pending[entry]))
            elif entry in waiting:
                self.places[name_of(fields)].append(Place("waiting", tier, fields, entry))
            else:
                self.nobodys.append(f"the entry {entry} of {tier} ({name_of(fields)})")
        for entry in set(pending) - set(stream.entries):
            address = {"entry": entry, "tier": tier, "state": "queued"}
            owner = [id for id, fields in self.hashes.items() if address.items() <= fields.items()]
            self.places[owner[0] if owner else "?" + entry].append(Place("gone", tier, {}, entry, pending[entry]))

    def count(self, *names: str) -> int:
        return sum(found.place in names for places in self.places.values() for found in places)

    def depth(self, tier: str) -> int:
        """What admission bounds."""
        ours = [at for places in self.places.values() for at in places if at.tier == tier]
        return sum(at.place in ("waiting", "pending", "delayed") for at in ours)


def name_of(ticket: dict, otherwise: str = "") -> str:
    """What a ticket, or what should be one, goes by."""
    return ticket.get("id") or "?" + next(iter(ticket.values()), otherwise)


def structure(view: View) -> list[Finding]:
    """At every instant, whatever struck: each accepted job is in one place, and what tells of it tells the truth."""
    census, found = Census(view.content), []

    def hold(truth: bool, kind: str, words: str) -> None:
        if not truth:
            found.append(Finding(kind, words))

    for nobody in census.nobodys:
        hold(False, "lost", f"{nobody} is neither waiting nor pending: nobody will ever be given it")
    for id in {*census.hashes, *census.places} - {"?"}:
        places = [place.place for place in census.places[id]]
        hold(len(places) > 0, "lost", f"{id} is nowhere")
        hold(len(places) < 2, "two places", f"{id} is in {len(places)} places at once: {places}")
        if len(places) == 1 and id in census.hashes:
            found += hash_tells_the_truth(id, census.places[id][0], census.hashes[id], census)
            found += history_tells_the_truth(id, census.places[id][0], census)
        hold(id in census.hashes or id.startswith("?"), "unknown", f"{id} has no hash")
    released = any(effect[0] == "release" and effect[3][3] for effect in view.effects)
    found += totals_add_up(census, released)
    return found + events_add_up(census) + nothing_leaks(view)


def hash_tells_the_truth(id: str, at: Place, told: dict, census: Census) -> list[Finding]:
    """A job's hash names the very place where the job is."""
    truth = {"tier": at.tier} if at.place not in ENDED else {}
    if at.place in ("waiting", "pending", "gone"):
        truth |= {"state": "queued", "entry": at.entry}
    elif at.place == "delayed":
        truth |= {"state": "delayed", "due_ms": str(at.due)}
    elif at.place == "dead":
        letter = next((letter for letter in census.letters if letter["id"] == id), {})
        truth |= {"state": "dead", "reason": letter.get("reason"), "error": letter.get("error")}
    lies = {name: (told.get(name), value) for name, value in truth.items() if told.get(name) != value}
    found = [Finding("hash lies", f"{id} is {at.place}, its hash says (instead of): {lies}")] if lies else []
    settled = told.get("settled")
    if settled and at.place in ("waiting", "pending") and (settled == at.entry):
        found.append(Finding("hash lies", f"{id} is {at.place} as {at.entry}, its hash says that this was settled"))
    if at.ticket:
        attempt, lost, most = (int(at.ticket[name]) for name in ("attempt", "lost", "max_attempts"))
        if attempt - lost > most or lost > 4 * (most - 1):
            found.append(Finding("unbounded", f"{id} is {at.place} for attempt {attempt}, after {lost} lost leases"))
    return found


def history_tells_the_truth(id: str, at: Place, census: Census) -> list[Finding]:
    """A job's history has a line for each attempt that ended, in order; each replay begins a life anew."""
    lines, told = census.history[id], census.hashes[id]
    lives = [[]]
    for line in lines:
        if lives[-1] and line["attempt"] <= lives[-1][-1]["attempt"]:
            lives.append([])
        lives[-1].append(line)
    replays = int(told.get("replays", 0))
    wrong = len(lives) > 1 + replays
    attempt = int(at.ticket.get("attempt") or 0)
    if at.place in ("waiting", "pending", "delayed") and not replays:
        wrong |= any(line["attempt"] >= attempt for line in lines)
        wrong |= at.ticket["released"] == "0" and len(lines) != attempt - 1
    if at.place == "dead" and attempt:
        letter = next(letter for letter in census.letters if letter["id"] == id)
        ended = {"attempt": attempt, "outcome": letter["reason"], "worker": letter["worker"], "error": letter["error"]}
        wrong |= not lines or not ended.items() <= lines[-1].items()
    return [Finding("history lies", f"{id} is {at.place} for attempt {attempt}, {lines}")] if wrong else []


def totals_add_up(census: Census, released: bool) -> list[Finding]:
    """accepted + foreign = waiting + pending + delayed + done + dead + discarded + cancelled, as every snapshot says;
    and every attempt but the first was given for a reason. What is foreign and not yet dead was not counted yet."""
    total = Counter(census.totals)
    strays = [at for name, some in census.places.items() if name.startswith("?") for at in some if at.place != "dead"]
    counted = census.count("waiting", "pending", "gone", "delayed", "done", "dead", "cancelled") - len(strays)
    truth = {
        "accepted + foreign": (total["accepted"] + total["foreign"], counted + total["discarded"]),
        "done": (total["done"], census.count("done")),
        "cancelled": (total["cancelled"], census.count("cancelled")),
        "dead": (total["dead"] - total["replayed"] - total["discarded"], len(census.letters)),
    }
    foreign = sum(not letter["id"] for letter in census.letters)
    if not total["discarded"]:  # what is thrown away takes along what was known of it
        truth["foreign"] = (total["foreign"], foreign)
        truth["replayed"] = (total["replayed"], sum(int(told.get("replays", 0)) for told in census.hashes.values()))
    if not foreign and not total["discarded"]:
        ended = Counter(line["outcome"] for lines in census.history.values() for line in lines)
        truth["retried"] = (total["retried"], ended["retried"])
        truth["reaped"] = (total["reaped"], ended["lease ran out"])
        if not released and not total["replayed"] and not total["cancelled"]:
            truth["retried + reaped"] = (total["retried"] + total["reaped"], _given(census))
    return [Finding("totals lie", f"{name}: {said}, it is {is_}") for name, (said, is_) in truth.items() if said != is_]


def events_add_up(census: Census) -> list[Finding]:
    """If somebody records: as many events as the totals say, each of which is counted but for what is foreign."""
    if not census.events:
        return []
    told = Counter(event["event"] for event in census.events)
    counted = {**census.totals, "recording": 1}
    counted.pop("foreign", None)
    return [] if told == counted else [Finding("events lie", f"{dict(told)}, counted: {counted}")]


def _given(census: Census) -> int:
    """How many attempts failed or lost their lease, as tickets, letters and results tell it."""
    given = sum(letter["reason"] == "lease ran out" for letter in census.letters)
    for id, places in census.places.items():
        for at in places:
            ticket = at.ticket or {"attempt": census.hashes.get(id, {}).get("attempt", 1)}
            given += int(ticket.get("attempt", 1)) - 1
    return given


def nothing_leaks(view: View) -> list[Finding]:
    """Only known keys; and exactly the hashes of the done and the cancelled expire, and limiters."""
    streams = {*map(KEYS.stream, TIERS), *map(KEYS.delayed, TIERS), KEYS.dead, KEYS.events}
    hashes, bucket = {KEYS.totals, KEYS.settings, KEYS.gate}, KEYS.prefix + "bucket:"
    found = [
        Finding("leaked", f"the key {key}")
        for key in view.content.keys
        if key not in streams | hashes and not key.startswith((KEYS.job_prefix, bucket))
    ]
    ended = {
        key for key, value in view.content.keys.items()
        if key.startswith(KEYS.job_prefix) and isinstance(value, dict) and value.get("state") in ENDED
    }  # fmt: skip
    ended |= {key for key in view.content.keys if key.startswith(bucket)}
    expiring = {key.decode(): seconds for key, seconds in view.content.expiring.items()}
    found += [Finding("leaked", f"{key} never expires") for key in ended - set(expiring)]
    found += [Finding("lost", f"{key} expires") for key in set(expiring) - ended]
    return found + [Finding("leaked", f"{key} lives for {ttl} s") for key, ttl in expiring.items() if ttl > TTL]


def _history(lines: str) -> list[dict]:
    return [json.loads(line) for line in lines.splitlines()]


def _as(kind: type, value):
    return value if isinstance(value, kind) else kind()


def _stream(content: Content, key: str) -> Stream:
    return content.streams.get(key) or Stream({}, {})


def _unpacked(packed: str) -> dict:
    """A ticket from its packed form, a JSON list of names and values; of what is none, one raw field, or nothing."""
    try:
        flat = json.loads(packed)
    except ValueError:
        flat = None
    if flat == {}:  # Lua's empty list
        return {}
    whole = isinstance(flat, list) and len(flat) > 1
    return dict(zip(flat[::2], flat[1::2], strict=True)) if whole else {"raw": packed}


def _buried(letter: dict) -> dict:
    """The ticket in a letter; a member of a delayed set that was none is wrapped in a list once more."""
    ticket = _unpacked(letter["ticket"])
    return (
        {"raw": json.loads(letter["ticket"])[0]}
        if "raw" in ticket and len(ticket) == 1 and not letter["entry"]
        else ticket
    )
