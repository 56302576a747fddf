"""Lesson 06. Marks far enough apart, and tills that come back after the time they were told, at different moments."""

LOW, HIGH = 40, 100


def pause(retry_after, rng):
    return retry_after * (1 + rng.random())
