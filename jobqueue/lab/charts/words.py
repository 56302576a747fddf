"""Numbers in the words of a finding."""

from collections.abc import Iterable


def seconds(value: float) -> str:
    """0 s, 43 ms, 3.4 s, 34 s, 210 s."""
    if 0 < value < 0.0995:
        return f"{max(1, value * 1000):.0f} ms"  # Redis's clock is no finer
    if value <= 0:
        return "0 s"
    return f"{value:.1f} s" if value < 19.95 else f"{value:,.0f} s"


def measured(value: float, unit: str) -> str:
    """A number with its unit: s, or the things it counts."""
    return seconds(value) if unit == "s" else f"{value:,.0f}{unit and ' '}{unit}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """ada, ben and cleo; or how many, if there are more than `most`."""
    names = list(names)
    if len(names) > most:
        return f"{len(names)} workers"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def nice(step: float) -> float:
    """The first round number of seconds that isn't smaller."""
    steps = (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
    return next((each for each in steps if each >= step), 3600)
