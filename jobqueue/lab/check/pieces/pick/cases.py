"""The checker of `pick`: what it tries."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from jobqueue.keys import TIERS
from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.pictures.policy import PickPicture
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.pick.ideas import diagnose, explain
from jobqueue.lab.check.pieces.pick.judge import Wrong, allowed, find_traits
from jobqueue.lab.check.pieces.pick.worlds import Heads, all_heads
from jobqueue.lab.check.pure import Answers, PureCheck, asking

SECONDS = 120  # of the flood that is simulated

Pick = Callable[[Heads], Any]
Broken = tuple[str, Heads, str]  # the kind, the heads, and the answer in words


def picture(answers: Answers) -> PickPicture | None:
    example = explain(answers)[1]
    return PickPicture(example, answers["flood"]) if example or answers["flood"] else None


@checker(
    "def pick(heads)",
    "07-priority-and-aging · Repair",
    f"{len(all_heads()):,} heads, every rule held",
    check=partial(PureCheck, picture),
)
def pick(piece: Piece) -> Iterator[Case]:
    """Check `def pick(heads)`.

    `heads` maps each tier that has waiting jobs ("high", "normal", "low") to the age in seconds, a float, of its oldest
    one; it's never empty. The task: return one of these tiers.

    The checker tries some two thousand heads, with one, two and three tiers, ages from 0 s to 1,100,000 s, in a fixed
    grid and at random (always the same). It asks about each three times, once with its tiers in the opposite order.

    - The answer is a tier of `heads`. `heads` doesn't change. The same heads get the same answer. If the order of the
      dict decides between two tiers, either must be allowed (worth a remark only).
    - A higher tier goes first at least where its job is a little younger. (Otherwise tiers mean nothing.)
    - A tier isn't picked while a higher one has a job that's at least as old.
    - A job that's more than 60 s older than any other is picked. (Tried from 61 s on.)

    Then it simulates 120 s of a flood for the picture: a high and a normal job every second, a low one every ten, and
    one worker that runs one job per second.
    """
    yield asking(f"{len(all_heads()):,} different heads", piece, ask, diagnose)


async def ask(pick: Pick, breathe: Callable[[], Awaitable[None]]) -> Answers:
    """Ask about all heads. "wrong": answers that break a rule, (rule, heads, answer, tiers allowed); "broken": no
    answer at all, or not always the same, by kind; "ties": the same, but allowed; "flood": the pick of each second."""
    wrong: list[Wrong] = []
    broken: list[Broken] = []
    ties: list[Broken] = []
    asked: list[tuple[Heads, str]] = []
    for at, heads in enumerate(all_heads()):
        if at % 1_000 == 999:
            await breathe()
        answers, trouble = _ask(pick, heads)
        broken += [trouble] if trouble else []
        if not answers:
            continue
        asked.append((heads, answers[0]))
        rule, right = allowed(heads)
        if not set(answers) & set(right):  # if only one order of the dict is answered wrongly, the order is the matter
            wrong.append((rule, heads, answers[0], right))
        elif answers[0] != answers[1]:
            disagreements = ties if set(answers) <= set(right) else broken
            disagreements.append(("depends-on-order", heads, ", then ".join(answers)))
    if broken and broken[0][0] == "needs-every-tier" and any(len(heads) == 3 for _, heads, _ in broken):
        pick(dict(broken[0][1]))  # as it is, so that the explorer says where
    facts = {"wrong": wrong, "broken": _sample(broken), "ties": _sample(ties), "traits": find_traits(asked)}
    return {**facts, "flood": [] if broken else flood(pick)}


def _ask(pick: Pick, heads: Heads) -> tuple[tuple[str, ...], Broken | None]:
    """Its answers to both orders of the dict; or why they aren't any."""
    given = dict(heads)
    try:
        answer = pick(given)
    except Exception as error:
        return (), ("needs-every-tier", heads, f"{type(error).__name__}: {error}")
    if given != heads:
        return (), ("changes-heads", heads, f"{given}")
    if not isinstance(answer, str) or answer not in heads:
        return (), ("picks-empty-tier" if answer in list(TIERS) else "returns-no-tier", heads, repr(answer))
    again, turned = pick(dict(heads)), pick(dict(reversed(heads.items())))
    if again != answer:
        return (), ("answers-differ", heads, f"{answer}, then {again}")
    return (answer, turned), None


def _sample(broken: list[Broken]) -> dict[str, dict[str, Any]]:
    """By kind: the smallest example, and how many there are."""
    kinds: dict[str, dict[str, Any]] = {}
    for kind, heads, words in broken:
        kinds.setdefault(kind, {"heads": heads, "words": words, "number": 0})["number"] += 1
    return kinds


def flood(pick: Pick) -> list[str]:
    """Which tier it picks in each second, while more comes than can be run."""
    queues: dict[str, list[int]] = {tier: [] for tier in TIERS}
    picked: list[str] = []
    for now in range(SECONDS):
        for tier, every in zip(TIERS, (1, 1, 10), strict=True):
            if now % every == 0:
                queues[tier].append(now)
        picked.append(pick({tier: float(now - queue[0]) for tier, queue in queues.items() if queue}))
        queues[picked[-1]].pop(0)
    return picked
