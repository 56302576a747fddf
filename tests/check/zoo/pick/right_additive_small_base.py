"""The same, with a base that counts for two seconds at most."""


def pick(heads):
    base = {"high": 2, "normal": 1, "low": 0}
    best, best_score = None, float("-inf")
    for tier, age in heads.items():
        if (score := base[tier] + age) > best_score:
            best, best_score = tier, score
    return best
