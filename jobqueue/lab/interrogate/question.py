"""A question: an experiment that ends in a word, and what it needs around it."""

from collections.abc import Awaitable, Callable

import msgspec

from jobqueue.lab.interrogate.answer import Trial
from jobqueue.lab.interrogate.stage import Stage

#: An experiment waits up to so many seconds for what should happen, and says what did.
Experiment = Callable[[Stage, float], Awaitable[Trial]]


class Question(msgspec.Struct, frozen=True):
    """What is asked of every queue alike."""

    name: str
    #: In words, to be answered by one.
    asks: str
    experiment: Experiment
    #: Jobs that a worker may run at once, and whether Redis keeps an append-only file.
    concurrency: int
    persistent: bool
    #: Whether it makes no sense of a queue as it comes: only with the setting that it is about.
    only_tuned: bool


#: All of them, by name, in the order in which they are asked.
QUESTIONS: dict[str, Question] = {}


def question(asks: str, *, concurrency: int = 1, persistent: bool = False, only_tuned: bool = False):
    """Make a question of an experiment; it is named after the function."""

    def keep(experiment: Experiment) -> Experiment:
        name = experiment.__name__
        QUESTIONS[name] = Question(name, asks, experiment, concurrency, persistent, only_tuned)
        return experiment

    return keep


def seconds(number: float) -> str:
    """`3.2 s`."""
    return f"{number:.1f} s"


def listed(*parts: str) -> str:
    """Those that are not empty, with semicolons between."""
    return "; ".join(filter(None, parts))
