"""The checker of `pick`: which tier does a worker fetch from next?"""

from jobqueue.lab.check.checker import Checker
from jobqueue.lab.check.pick_heads import TIERS, all_heads, allowed
from jobqueue.lab.check.pick_names import name
from jobqueue.lab.check.pick_picture import picture
from jobqueue.lab.check.pure import PureCheck, asking

SECONDS = 120  # of the flood that is simulated


def check(function):
    """Try `def pick(heads)` and name the bug that is in it.

    `heads` maps each tier that has waiting jobs ("high", "normal", "low") to the age in seconds, a float, of its oldest
    one; it is never empty. `pick` returns one of these tiers.

    What is tried: some two thousand heads, with one, two and three tiers, ages from 0 s to 1,100,000 s, in a fixed grid
    and at random (always the same). Each is asked three times, once with its tiers in the opposite order.
    - The answer is a tier of `heads`; `heads` is not changed; the same heads get the same answer, in whatever order.
    - A tier is not picked while a higher one has a job that is at least as old.
    - A job that is more than 60 s older than any other is picked. (Tried from 61 s on.)

    Then 120 s of a flood are simulated, for the picture: a high and a normal job every second, a low one every ten, and
    one worker that runs one job a second.
    """
    return PureCheck(CHECKER, function, picture)


def cases(piece):
    """One: all of them."""
    yield asking(f"{len(all_heads()):,} different heads", piece, judge, name)


async def judge(pick, breathe) -> dict:
    """Ask about all heads. "wrong": what breaks a rule, (rule, heads, answer, tiers allowed); "broken": what is no
    answer at all, or not always the same, by kind; "flood": the tier picked in each second."""
    wrong, broken, asked = [], [], {}
    for at, heads in enumerate(all_heads()):
        if at % 1_000 == 999:
            await breathe()
        answers = _ask(pick, heads, broken)
        if not answers:
            continue
        asked[tuple(heads.items())] = answers[0]
        rule, right = allowed(heads)
        if not set(answers) & set(right):  # if only one order of the dict is answered wrongly, the order is the matter
            wrong.append((rule, heads, answers[0], right))
    if broken and broken[0][0] == "raises" and any(len(heads) == 3 for _, heads, *_ in broken):
        pick(dict(broken[0][1]))  # as it is: the explorer says where
    facts = {"wrong": wrong, "broken": _sample(broken), "asked": len(asked), "traits": _traits(asked)}
    return {**facts, "flood": [] if broken else flood(pick)}


def _ask(pick, heads, broken) -> tuple[str, str] | None:
    """Its answers, to both orders of the dict; None, and a note in `broken`, if that is none."""
    given = dict(heads)
    try:
        answer = pick(given)
    except Exception as error:
        return broken.append(("raises", heads, f"{type(error).__name__}: {error}"))
    if given != heads:
        return broken.append(("changes", heads, given))
    if not isinstance(answer, str) or answer not in heads:
        return broken.append(("empty" if answer in list(TIERS) else "no tier", heads, repr(answer)))
    again, turned = pick(dict(heads)), pick(dict(reversed(heads.items())))
    if again != answer:
        return broken.append(("differs", heads, f"{answer}, then {again}"))
    if turned != answer:
        broken.append(("order", heads, f"{answer}, then {turned}"))
    return answer, turned


def _sample(broken) -> dict:
    """By kind: the smallest example, how many there are, and the tiers that were missing in all of them."""
    kinds = {}
    for kind, heads, words in broken:
        kinds.setdefault(kind, {"heads": heads, "words": words, "number": 0})["number"] += 1
    return kinds


def _traits(asked) -> dict:
    """What its answers have in common, over all heads with two tiers and more."""
    several = [(dict(heads), answer) for heads, answer in asked.items() if len(heads) > 1]
    equal = [(heads, answer) for heads, answer in several if len(set(heads.values())) == 1]

    def always(some, rule):
        return bool(some) and all(answer == rule(heads) for heads, answer in some)

    pairs = [(heads, answer) for heads, answer in several if len(heads) == 2]
    newest = [(heads, answer) for heads, answer in pairs if max(heads.values()) - min(heads.values()) > 3_000]
    return {
        "several": len(several),
        "highest": always(several, lambda heads: next(tier for tier in TIERS if tier in heads)),
        "lowest when equal": always(equal, lambda heads: next(tier for tier in TIERS[::-1] if tier in heads)),
        "first by name": always(equal, min),
        "last by name": always(equal, max),
        "youngest": sum(answer == min(heads, key=heads.get) for heads, answer in newest) > len(newest) * 0.9,
    }


def flood(pick) -> list[str]:
    """Which tier it picks in each second, while more comes than can be run."""
    queues = {tier: [] for tier in TIERS}
    picked = []
    for now in range(SECONDS):
        for tier, every in zip(TIERS, (1, 1, 10), strict=True):
            if now % every == 0:
                queues[tier].append(now)
        heads = {tier: float(now - queue[0]) for tier, queue in queues.items() if queue}
        picked.append(pick(heads))
        queues[picked[-1]].pop(0)
    return picked


CHECKER = Checker(
    "pick",
    "def pick(heads)",
    cases,
    lesson="06-priority-and-aging · Repair",
    counted=f"{len(all_heads()):,} heads, every rule held",
)
