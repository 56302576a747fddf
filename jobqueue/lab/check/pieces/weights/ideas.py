"""The wrong ideas about drawing a tier by its weight."""

from collections.abc import Mapping, Sequence

from jobqueue.lab.check.ideas import Ideas
from jobqueue.lab.check.pieces.weights.judge import LotTally, judge
from jobqueue.lab.check.pieces.weights.worlds import WEIGHTS, all_lots
from jobqueue.lab.check.pure import Answers
from jobqueue.lab.check.verdict import Idea

IDEAS = Ideas("""
ages-count: {} Your function kept to the weights when the ages were others. So an old job moves the shares, and nobody
    can say how much of the worker a tier gets.
always-heaviest (F48): Your function always returns the tier with the greatest weight. So as long as that one has work,
    the others get nothing.
changes-heads: Your function changes `heads`, the caller's dict, to {}. So the caller goes on with something else than
    what was there.
changes-weights: Your function changes `weights`, the caller's dict, to {}. So the next draw goes by other weights.
depends-on-order: {} Your function kept to the weights when the dicts were in the opposite order. So the order of a dict
    decides how much of the worker a tier gets.
draws-empty-tier (F49): Your function draws tiers that have no waiting jobs, such as {}. So its worker waits there,
    idle, next to a tier with work.
fails: Your function raises {}. So its worker stops.
forgets-a-tier (F48): Your function never returns {} while another tier has work. So its jobs wait as long as the others
    keep coming.
ignores-weights: {} Each tier with work came up equally often. So the weights mean nothing.
leftover-to-one: If a tier has no work, your function gives {} all of its share. So the others don't get what their
    weights promise.
needs-every-tier: Your function raises {} when a tier has no waiting jobs, because such a tier isn't in `heads` at all.
    So its worker stops.
no-chance: Your function draws no lot: from the same heads and weights it always returns the same tier. So the others
    get nothing.
not-by-rng: Your function was asked twice, with two generators in the same state, and returned {}. Some of its chance,
    or a memory, doesn't come from `rng`. So it can't be tested, and a bad day can't be replayed.
returns-no-tier: Your function returned {}, which is none of the keys of `heads`. So its worker doesn't know where to
    fetch.
returns-nothing (F49): Your function returned {} although a tier has work. So its worker goes away with empty hands, and
    the job goes on waiting.
strict-priority (F48): Your function always returns the highest tier that has work. So as long as high jobs keep coming,
    a low one waits forever.
weights-by-place: {} Your function gives the first weight to the first tier that has work, the second one to the next.
    So a tier without work leaves its weight to another.
weights-upside-down: {} The greater a tier's weight, the less often it came up. So the weights do the opposite.
wrong-shares: {} So that tier gets another part of the worker than its weight promises.
""")

#: Problems of an answer by itself, the most fundamental first.
BROKEN = (
    "fails",
    "needs-every-tier",
    "returns-no-tier",
    "returns-nothing",
    "changes-heads",
    "changes-weights",
    "draws-empty-tier",
    "not-by-rng",
)


def diagnose(answers: Answers) -> Idea | None:
    """The Idea behind these draws."""
    return explain(answers)[0]


def explain(answers: Answers) -> tuple[Idea | None, int | None]:
    """The Idea, and the number of the lot that shows it best."""
    counts = answers["counts"]
    for kind in filter(answers["broken"].__contains__, BROKEN):
        at, words = answers["broken"][kind]
        if kind == "draws-empty-tier":
            at, words = _most_misses(counts)
        return IDEAS(kind, words), at
    asked = enumerate(zip(all_lots(), counts, strict=True))
    wrong = judge([LotTally(at, lot, drawn) for at, (lot, drawn) in asked if len(lot.heads) > 1])
    return (IDEAS(wrong[0], wrong[2]), wrong[1]) if wrong else (None, None)


def _most_misses(counts: Sequence[Mapping[str, int]]) -> tuple[int, str]:
    """The lot with the most draws of empty tiers, preferably with the lesson's weights; and the tier drawn most."""
    lots = all_lots()
    misses = [{tier: n for tier, n in drawn.items() if tier not in lots[at].heads} for at, drawn in enumerate(counts)]

    def tells(at: int) -> tuple[bool, bool, float]:
        missed = sum(misses[at].values()) / lots[at].draws
        return missed > 0, lots[at].weights == WEIGHTS[0], missed

    at = max(range(len(counts)), key=tells)
    return at, max(misses[at], key=lambda tier: misses[at][tier])
