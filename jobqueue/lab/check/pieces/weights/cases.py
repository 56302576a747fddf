"""The checker of `draw_tier`: what it tries."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from jobqueue.keys import TIERS
from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.pictures.shares import SharesPicture
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.weights.ideas import diagnose, explain
from jobqueue.lab.check.pieces.weights.worlds import FEW, Lot, all_lots
from jobqueue.lab.check.pure import Answers, PureCheck, asking

DRAWS = sum(lot.draws for lot in all_lots())

Draw = Callable[[dict[str, float], dict[str, int], random.Random], Any]
Broken = tuple[str, str]  # the kind, and the answer in words


def picture(answers: Answers) -> SharesPicture | None:
    lots, counts, wrong = all_lots(), answers["counts"], explain(answers)[1]
    if wrong is not None:
        complete = sum(counts[wrong].values()) == lots[wrong].draws
        return SharesPicture([(wrong, counts[wrong])], good=False) if complete else None
    plain = [at for at, one in enumerate(lots) if one.weights == lots[0].weights and not one.twist]
    return SharesPicture([(at, counts[at]) for at in plain if len(lots[at].heads) > 1])


@checker(
    "def draw_tier(heads, weights, rng)",
    "08-weights · Repair",
    f"{DRAWS:,} draws, every rule held",
    check=partial(PureCheck, picture),
)
def weights(piece: Piece) -> Iterator[Case]:
    """Check `def draw_tier(heads, weights, rng)`.

    `heads` maps each tier that has waiting jobs ("high", "normal", "low") to the age in seconds, a float, of its oldest
    one; it's never empty. `weights` maps all three tiers to a whole number from 1 up. `rng` is a `random.Random`.

    The task: return one of the tiers in `heads`, drawn by lot. Each of them comes up in proportion to its weight.
    Chance comes from `rng` alone.

    The checker tries all heads with one, two and three tiers, each with four sets of weights. It draws 400 times
    from heads with several tiers, and then as often with the dicts in the opposite order, and with other ages. The
    first draws are repeated with a twin of `rng`. The seeds are always the same.

    - The answer is a tier of `heads`, and the same one with the twin. `heads` and `weights` don't change.
    - Each tier comes up as often as its weight says: within five standard deviations of a fair lot.
    - Neither the order of the dicts nor the ages change its share.
    """
    yield asking(f"{len(all_lots())} different heads and weights", piece, ask, diagnose)


async def ask(draw: Draw, breathe: Callable[[], Awaitable[None]]) -> Answers:
    """Ask all lots: {"broken": {kind: (lot, words)}, "counts": [{tier: draws}, …], of each lot asked}."""
    broken: dict[str, tuple[int, str]] = {}
    counts: list[dict[str, int]] = []
    for at, lot in enumerate(all_lots()):
        if at % 10 == 9:
            await breathe()
        if len(lot.heads) > 1 and broken.keys() - {"needs-every-tier"}:
            break  # lots of one tier come first, and have told enough
        tally, trouble = _draw(draw, lot, seed=at)
        counts.append(tally)
        if trouble:
            broken.setdefault(trouble[0], (at, trouble[1]))
    return {"broken": broken, "counts": counts}


def _draw(draw: Draw, lot: Lot, seed: int) -> tuple[dict[str, int], Broken | None]:
    """How often each tier came up; and the first answer that isn't one by itself."""
    rng, twin = random.Random(seed), random.Random(seed)
    tally: Counter[str] = Counter()
    for number in range(lot.draws):
        answer, trouble = _answer(draw, lot, rng)
        if trouble:
            return dict(tally), trouble
        if number < FEW and (again := _answer(draw, lot, twin)) != (answer, None):
            return {}, ("not-by-rng", f"{answer}, then {again[0]}")
        tally[answer] += 1
    empty = next((tier for tier in tally if tier not in lot.heads), None)
    return dict(tally), ("draws-empty-tier", empty) if empty else None


def _answer(draw: Draw, lot: Lot, rng: random.Random) -> tuple[str, Broken | None]:
    """One draw, and why it's no answer."""
    heads, weights = dict(lot.heads), dict(lot.weights)
    try:
        answer = draw(heads, weights, rng)
    except Exception as error:
        missing = len(lot.heads) < len(TIERS)
        return "", ("needs-every-tier" if missing else "fails", f"{type(error).__name__}: {error}"[:120])
    if heads != lot.heads:
        return "", ("changes-heads", f"{heads}")
    if weights != lot.weights:
        return "", ("changes-weights", f"{weights}")
    if not isinstance(answer, str) or answer not in list(TIERS):
        return "", ("returns-nothing" if answer is None else "returns-no-tier", f"{answer!r}"[:60])
    return answer, None
