"""The wrong ideas about picking a tier, and the smallest example of each."""

from jobqueue.keys import TIERS
from jobqueue.lab.check.ideas import Ideas, Remarks
from jobqueue.lab.check.pictures.policy import Example, longest_waits
from jobqueue.lab.check.pieces.pick.judge import Wrong, never_picked
from jobqueue.lab.check.pieces.pick.worlds import Heads
from jobqueue.lab.check.pure import Answers
from jobqueue.lab.check.verdict import Idea, Remark

IDEAS = Ideas("""
ages-too-slowly (F48): Your function picks a low job later than promised: it's {} older than any other, and it still
    isn't picked. So it waits longer than it may.
aging-fades (F48): With your function, the older all jobs are, the longer a low one must have waited to be picked. So in
    a long flood its turn moves away as fast as it comes near.
answers-differ: Your function, asked twice about the same heads, picked {}. It goes by chance, or by a memory of
    its own. So nobody can say how long a job may wait.
changes-heads: Your function changes `heads`, the caller's dict, to {}. So the next question is about something else
    than what was there.
depends-on-order: Your function was asked twice about the same heads, the second time with the tiers in the opposite
    order, and picked {}. So where its rule leaves two tiers equal, the order of the dict decides.
forgets-a-tier (F48): Your function never picks a {} job while a higher tier has work, however long it has waited. So
    under a flood it waits forever.
inverted-aging (F50): Your function prefers jobs that have just come. So the longer a job waits, the later it's picked:
    its aging goes the wrong way.
lowest-first: Your function picks the lowest tier first when jobs are of equal age. So urgent jobs come last.
needs-every-tier: Your function raises {} when a tier has no waiting jobs, because such a tier isn't in `heads` at all.
    So its worker stops.
no-priority: Your function always picks the oldest job, and a tier counts only between jobs of equal age, which hardly
    ever meet. So an urgent job waits behind all that came a moment before it.
overtakes-older (F50): Your function picks a lower tier although a higher one has a job that has waited as long, or
    longer. So once jobs are old, the urgent ones come last.
picks-empty-tier (F49): Your function picked {}, a tier without waiting jobs. So its worker waits there, idle, next to a
    queue with work.
plateau (F50): With your function, waiting helps only up to a point. Once every job is old enough, age counts no more.
    So a low job that's older by days waits forever behind high ones.
returns-no-tier: Your function returned {}, which is none of the keys of `heads`. So its worker doesn't know where to
    fetch.
strict-priority (F48): Your function always picks the highest tier that has work. So as long as high jobs keep coming, a
    low one waits forever.
tier-ignored: Your function doesn't pick the highest tier when jobs are of equal age. So tiers mean nothing.
tiers-by-name: Your function goes by the alphabet when jobs are of equal age, not by rank. So urgent jobs don't come
    first.
""")

REMARKS = Remarks("""
starves: In the flood below, your function never picks {} jobs. That breaks no rule, because none of them is 60 s older
    than every other job. But they wait as long as the flood lasts.
ties: Where your function leaves two tiers equal, the order of the dict decides: asked twice, the second time with the
    tiers in the opposite order, it picked {}.
flood: In the flood below, no policy can please everybody. The longest waits with yours: {}.
""")

#: Problems of an answer by itself, the most fundamental first.
BROKEN = (
    "needs-every-tier",
    "returns-no-tier",
    "picks-empty-tier",
    "changes-heads",
    "answers-differ",
    "depends-on-order",
)


def diagnose(answers: Answers) -> Idea | Remark:
    """The Idea, or a Remark about the flood."""
    if idea := explain(answers)[0]:
        return idea
    remarks = [REMARKS("ties", tie["words"]) for tie in answers["ties"].values()] + [_flood(answers["flood"])]
    return Remark(" ".join(remark.words for remark in remarks))


def _flood(picked: list[str]) -> Remark:
    waits = longest_waits(picked)
    if never := [tier for tier in TIERS if tier not in picked]:
        return REMARKS("starves", " and ".join(never))
    return REMARKS("flood", ", ".join(f"{tier} {waits[tier]} s" for tier in TIERS))


def explain(answers: Answers) -> tuple[Idea | None, Example | None]:
    """The Idea, and its smallest example."""
    broken, wrong = answers["broken"], answers["wrong"]
    for kind in filter(broken.__contains__, BROKEN):
        example = broken[kind]
        if kind == "depends-on-order" and wrong and example["number"] < answers["traits"]["several"] / 2:
            continue
        return IDEAS(kind, example["words"]), Example(example["heads"], example["words"], [], kind)
    if not wrong and answers["traits"]["oldest"]:
        return IDEAS("no-priority"), Example({"high": 0.0, "low": 1.0}, "low", ["high"], "priority")
    if not wrong:
        return None, None
    idea, rules = _idea(wrong, answers["traits"])
    rule, heads, answer, right = next(example for example in wrong if example[0] in rules)
    return idea, Example(heads, answer, right, rule)


def _idea(wrong: list[Wrong], traits: dict[str, int | bool]) -> tuple[Idea, tuple[str, ...]]:
    """The Idea behind all wrong answers, and the rules one of which the example should break."""
    older = [example for example in wrong if example[0] == "older"]
    by_rank = any(rule == "dominated" and _is_younger(heads, answer) for rule, heads, answer, _ in wrong)
    for bug, true, *rules in (
        ("strict-priority", traits["highest"], "older"),
        ("inverted-aging", traits["youngest"], "older", "dominated"),
        ("tiers-by-name", not by_rank and (traits["first by name"] or traits["last by name"]), "equal"),
        ("lowest-first", traits["lowest when equal"], "equal"),
        ("overtakes-older", any(rule == "dominated" for rule, *_ in wrong), "equal", "dominated"),
        ("tier-ignored", any(rule == "equal" for rule, *_ in wrong), "equal"),
    ):
        if true:
            return IDEAS(bug), tuple(rules)
    ages = [sorted(heads.values(), reverse=True) for _, heads, *_ in older]
    if never := never_picked(older):
        return IDEAS("forgets-a-tier", never[0]), ("older",)
    if any(first - second >= 1_000_000 for first, second, *_ in ages):
        return IDEAS("plateau"), ("older",)
    if all(second > 0 for _, second, *_ in ages):
        return IDEAS("aging-fades"), ("older",)
    return IDEAS("ages-too-slowly", f"{max(first - second for first, second, *_ in ages):,.0f} s"), ("older",)


def _is_younger(heads: Heads, answer: str) -> bool:
    """Whether a higher tier has a job that's older than the one picked, so that no tie led there."""
    names: list[str] = [*TIERS]
    return any(heads[tier] > heads[answer] for tier in names[: names.index(answer)] if tier in heads)
