"""Lines of a learner's function that never ran: the verdict says that it knows nothing of them."""

import pytest

from jobqueue.lab import check

TIERS = ("high", "normal", "low")


def pick(heads):
    tiers = [tier for tier in TIERS if tier in heads]
    oldest = max(tiers, key=heads.get)
    return oldest if heads[oldest] - heads[tiers[0]] > 30 else tiers[0]


def has_a_branch_for_a_fourth_tier(heads):
    if len(heads) > 3:
        tier = next(iter(heads))
        return tier
    return pick(heads)


def has_two_of_them(heads):
    if len(heads) == 4:
        return max(heads)
    match heads:
        case {"urgent": _}:
            for tier in heads:
                if tier == "urgent":
                    return tier
    return pick(heads)


def choose(heads, upside_down=False):
    if upside_down:
        return pick({tier: -age for tier, age in heads.items()})
    return pick(heads)


def has_a_helper_with_a_branch(heads):
    return choose(heads)


def guards_itself(heads):
    """Pick."""
    if not heads:
        message = f"no {TIERS}"
        raise ValueError(message)
    for tier in heads:
        if tier not in TIERS:
            print("a tier that nobody knows", tier)
            continue
    try:
        return pick(heads)
    except KeyError:
        print("heads:", heads)
        raise
    else:
        raise AssertionError


def has_a_helper_that_nobody_calls(heads):
    def spare():
        return heads["low"]

    return pick(heads) or spare()


one_line = lambda heads: pick(heads) if heads else None  # noqa: E731


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (has_a_branch_for_a_fourth_tier, "Lines {1}–{2} of your function (`tier = next(iter(heads))`) never ran"),
        (has_two_of_them, "Lines {1} and {4}–{6} of your function (`return max(heads)`) never ran"),
        (has_a_helper_with_a_branch, "(`return pick({{tier: -age for tier, age in heads.items()}})`) never ran"),
    ],
)
async def test_lines_that_never_ran_are_a_remark(function, words):
    first = function.__code__.co_firstlineno
    verdict = await check.pick(function)
    assert verdict.ok and words.format(*range(first + 1, first + 20)) in "".join(verdict.remarks), verdict.remarks


@pytest.mark.parametrize("function", [pick, guards_itself, has_a_helper_that_nobody_calls, one_line])
async def test_guards_prints_and_spare_helpers_are_none(function):
    verdict = await check.pick(function)
    assert verdict.ok and "never ran" not in "".join(verdict.remarks), verdict.remarks


async def settles_by_a_script_or_by_hand(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt > 100:  # a branch that loses jobs
        await redis.xack(stream, group, entry_id)
        await redis.xdel(stream, entry_id)
        return
    again = attempt < max_attempts
    new = {**fields, "attempt": attempt + 1} if again else {**fields, "error": error}
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xadd(stream if again else f"{stream}:dead", new)
        pipe.xack(stream, group, entry_id).xdel(stream, entry_id)
        await pipe.execute()


async def test_a_branch_that_loses_jobs_is_mentioned_when_no_world_leads_there():
    verdict = await check.settle_failure(settles_by_a_script_or_by_hand)
    first = settles_by_a_script_or_by_hand.__code__.co_firstlineno
    words = f"Lines {first + 3}–{first + 5} of your function (`await redis.xack(stream, group, entry_id)`) never ran"
    assert verdict.ok and words in "".join(verdict.remarks), f"{verdict}"
