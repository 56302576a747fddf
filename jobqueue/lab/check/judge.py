"""Rules that several pieces share."""

from collections import Counter
from collections.abc import Callable

from jobqueue.explorer import Finding, View
from jobqueue.lab.check.worlds import Fields, SmallQueue

Rule = Callable[[View], list[Finding]]


def first(program: str, *rules: Callable[[View], Finding | None]) -> Rule:
    """Make one rule of several: the first that objects. It doesn't judge a program that hasn't ended."""

    def judge(view: View) -> list[Finding]:
        if view.outcomes[program] != "ended":
            return []
        return next(([finding] for rule in rules if (finding := rule(view))), [])

    return judge


def accounted(queue: SmallQueue, dead: str = "") -> Rule:
    """Make the rule that each job runs (or is in the stream `dead`) once, and that nothing is left over."""

    def judge(view: View) -> list[Finding]:
        entries = queue.entries(view.content)
        held = queue.rows(view.content).keys() | queue.waiting(view.content).keys()
        kept = {entries[entry_id].get("id") for entry_id in held & entries.keys()}
        ran = Counter(effects(view, "ran"))
        buried = Counter(fields.get("id") for fields in SmallQueue(dead, "").entries(view.content).values())
        for number in sorted({fields["id"] for fields in queue.entries(view.start).values()}):
            if not ran[number] + buried[number]:
                still = "is still in the stream, but no worker is ever given it"
                stuck = number in kept
                return [Finding("stuck" if stuck else "lost", f"job {number} {still if stuck else 'never runs'}")]
            if ran[number] + buried[number] > 1:
                also = f", and is dead {buried[number]} times" if buried[number] else ""
                return [Finding("doubled", f"job {number} runs {ran[number]} times{also}")]
        left = entries.keys() - held
        return [Finding("leftover", "an entry stays in the stream that nothing will ever delete")] if left else []

    return judge


def effects(view: View, kind: str) -> list[str]:
    """The jobs (or whatever else was noted) of all effects of this kind, in order."""
    return [effect[1] for effect in view.effects if effect[0] == kind]


def difference(fields: Fields, wanted: Fields) -> str:
    """The first difference of a new entry's fields, in words; "" if there's none."""
    for name in wanted:
        if name not in fields:
            return f"Your function adds the new entry without `{name}`."
        if fields[name] != wanted[name]:
            return f"Your function changes `{name}` from `{wanted[name]}` to `{fields[name][:80]}` in the new entry."
    more = [name for name in fields if name not in wanted]
    return f"Your function adds a field `{more[0]}` to the new entry that the job never had." if more else ""
