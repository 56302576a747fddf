"""What a policy's wrong answers are called, and the smallest example of each."""

from collections import Counter

from jobqueue.lab.check.pick_heads import TIERS, all_heads, allowed
from jobqueue.lab.check.verdict import Idea, Remark


def name(told) -> Idea | Remark:
    """The Idea, or a Remark about the flood."""
    return diagnose(told)[0] or _about_flood(told["flood"])


def diagnose(told) -> tuple[Idea | None, tuple | None]:
    """The Idea, and its smallest example: (heads, what was answered, the tiers allowed, the rule)."""
    broken, wrong = told["broken"], told["wrong"]
    for kind in ("raises", "no tier", "empty", "changes", "differs", "order"):
        if kind not in broken or (kind == "order" and wrong and broken[kind]["number"] < told["traits"]["several"] / 2):
            continue
        heads, words = broken[kind]["heads"], broken[kind]["words"]
        return BROKEN[kind](words), (heads, words, [], kind)
    if not wrong:
        return None, None
    idea, rules = _idea(wrong, told["traits"])
    rule, heads, answer, right = next(example for example in wrong if example[0] in rules)
    return idea, (heads, answer, right, rule)


def _idea(wrong, traits) -> tuple[Idea, tuple[str, ...]]:
    """What the wrong answers have in common, and the rules one of which the example should break."""
    older = [example for example in wrong if example[0] == "older"]
    if traits["highest"]:
        return STRICT, ("older",)
    if traits["youngest"]:
        return INVERTED, ("older", "dominated")
    if traits["first by name"] or traits["last by name"]:
        return BY_NAME, ("equal",)
    if traits["lowest when equal"]:
        return LOWEST, ("equal",)
    if any(rule == "dominated" for rule, *_ in wrong):
        return ABSOLUTE, ("equal", "dominated")
    if any(rule == "equal" for rule, *_ in wrong):
        return NOT_BY_TIER, ("equal",)
    never = _never(older)
    if never:
        return _forgets(never), ("older",)
    if any(_lead(heads) >= 1_000_000 for _, heads, *_ in older):
        return PLATEAU, ("older",)
    if all(sorted(heads.values())[-2] > 0 for _, heads, *_ in older):
        return FADES, ("older",)
    return TOO_SLOW, ("older",)


def _lead(heads) -> float:
    """By how much the oldest is older than the next."""
    first, second, *_ = sorted(heads.values(), reverse=True)
    return first - second


def _never(older) -> list[str]:
    """Tiers that are passed over whenever a higher one has work, however old their job is."""
    missed = Counter(right[0] for _, _, _, right in older)
    return [tier for tier in TIERS[1:] if missed[tier] == sum(_should_overtake(tier, heads) for heads in all_heads())]


def _should_overtake(tier, heads) -> bool:
    rule, right = allowed(heads)
    return rule == "older" and right == [tier] and any(higher in heads for higher in TIERS[: TIERS.index(tier)])


def _about_flood(picked) -> Remark:
    """How it does under the flood: what a policy costs, and whom."""
    waits = longest_waits(picked)
    never = [tier for tier in TIERS if tier not in picked]
    if never:
        return Remark(
            f"In the flood below, {' and '.join(never)} jobs are never picked. That breaks no rule, for none of them "
            "is 60 s older than every other job; but they wait as long as the flood lasts."
        )
    words = ", ".join(f"{tier} {waits[tier]} s" for tier in TIERS)
    return Remark(f"In the flood below, no policy can please everybody. The longest waits with yours: {words}.")


def longest_waits(picked) -> dict[str, int]:
    """The age of the oldest job of each tier that was picked, or that is still waiting in the end."""
    longest = dict.fromkeys(TIERS, 0)
    for tier, every in zip(TIERS, (1, 1, 10), strict=True):
        times = [now for now, choice in enumerate(picked) if choice == tier]
        waits = [now - at * every for at, now in enumerate(times)]
        left = len(picked) - len(times) * every
        longest[tier] = max([0, left, *waits])
    return longest


def _forgets(tiers) -> Idea:
    return Idea(
        "forgets-a-tier",
        f"A {tiers[0]} job never gets its turn while a higher tier has work, however long it has waited: under a flood "
        "it waits for ever.",
        "F48",
    )


BROKEN = {
    "raises": lambda words: Idea(
        "needs-every-tier", f"It raises {words}, when a tier has no waiting jobs. Such a tier is not in `heads` at all."
    ),
    "no tier": lambda words: Idea(
        "returns-no-tier", f"It returned {words}. The answer must be one of the keys of `heads`."
    ),
    "empty": lambda words: Idea(
        "picks-empty-tier",
        f"It picked {words}, a tier without waiting jobs: the worker would wait there, idle, beside a queue with work.",
        "F49",
    ),
    "changes": lambda words: Idea(
        "changes-heads", "It changes `heads`, the caller's dict: what it is asked next is no longer what was there."
    ),
    "differs": lambda words: Idea(
        "answers-differ",
        f"Asked twice about the same heads, it said {words}. With chance, or a memory of its own, in it, no bound can "
        "be given for how long a job may wait.",
        "F49",
    ),
    "order": lambda words: Idea(
        "depends-on-order",
        f"Asked twice about the same heads, the second time with the tiers in the opposite order, it said {words}. "
        "Where its rule leaves two tiers equal, the order of the dict decides.",
    ),
}  # fmt: skip
STRICT = Idea(
    "strict-priority",
    "It always picks the highest tier that has work. As long as high jobs keep coming, a low one waits for ever.",
    "F48",
)
INVERTED = Idea(
    "inverted-aging",
    "It prefers jobs that have just come: the longer a job waits, the later it is picked. Its aging goes the wrong "
    "way.",
    "F50",
)
LOWEST = Idea("lowest-first", "Between jobs of equal age it picks the lowest tier first.")
BY_NAME = Idea(
    "tiers-by-name", "Between jobs of equal age it goes by the tiers' names, in the order of the alphabet, not by rank."
)
NOT_BY_TIER = Idea("tier-ignored", "Between jobs of equal age, it does not pick the highest tier.")
ABSOLUTE = Idea(
    "overtakes-older",
    "It picks a lower tier although a higher one has a job that has waited as long, or longer. Once jobs are old, what "
    "is urgent comes last.",
    "F50",
)
PLATEAU = Idea(
    "plateau",
    "Waiting helps, but only up to a point: once every job is old enough, age counts no more, and a low job that is "
    "older by days waits for ever behind high ones.",
    "F50",
)
FADES = Idea(
    "aging-fades",
    "The older all jobs are, the longer a low one must have waited to be picked: in a long flood its turn moves away "
    "as fast as it comes near.",
    "F48",
)
TOO_SLOW = Idea(
    "ages-too-slowly",
    "A low job gets its turn at last, but it takes longer than promised: older than any other by more than 60 s, and "
    "still not picked.",
    "F48",
)
