"""Numbers on the scale of a plot."""


def ceiling(n: float) -> int:
    """The first round number not below `n` that can be halved."""
    steps = (step * 10**power for power in range(9) for step in (10, 16, 20, 30, 40, 60, 80))
    return next(step for step in steps if step >= n)


def short(n: int) -> str:
    """1,600; 20k; 3M."""
    return f"{n:,}" if n < 10_000 else f"{n / 1000:g}k" if n < 1_000_000 else f"{n / 1_000_000:g}M"
