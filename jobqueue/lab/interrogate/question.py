"""A question: an experiment that ends in a word, and the surroundings that it needs."""

from collections.abc import Awaitable, Callable

import msgspec

from jobqueue.lab.interrogate.answer import Trial
from jobqueue.lab.interrogate.stage import Stage

#: An experiment waits up to this many seconds, and returns what happened.
Experiment = Callable[[Stage, float], Awaitable[Trial]]


class Question(msgspec.Struct, frozen=True):
    """A question, the same for every queue."""

    name: str
    #: In words.
    asks: str
    experiment: Experiment
    #: Jobs that a worker may run at once, and whether Redis keeps an append-only file.
    concurrency: int
    persistent: bool
    #: Whether it makes sense only with settings from TUNED.
    only_tuned: bool


#: All questions, by name, in their order.
QUESTIONS: dict[str, Question] = {}


def question(
    asks: str, *, concurrency: int = 1, persistent: bool = False, only_tuned: bool = False
) -> Callable[[Experiment], Experiment]:
    """Decorate an experiment, which becomes a question of the function's name."""

    def keep(experiment: Experiment) -> Experiment:
        name = experiment.__name__
        QUESTIONS[name] = Question(name, asks, experiment, concurrency, persistent, only_tuned)
        return experiment

    return keep


def seconds(number: float) -> str:
    """`3.2 s`."""
    return f"{number:.1f} s"


def join(*parts: str) -> str:
    """The parts that aren't empty, with semicolons between them."""
    return "; ".join(filter(None, parts))
