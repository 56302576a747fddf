"""Functions that passed their checkers in this session, each as the text that was checked. `keep` writes no other."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from jobqueue.lab.own.definitions import gather

#: Text → what the checker counted, by the name that the checker expects: "reap_stale_jobs".
_passed: dict[str, dict[str, str]] = {}


def remember(name: str, function: Callable[..., Any], counted: str) -> None:
    """Note that `function` passed as a `name`."""
    if isinstance(function, FunctionType) and (text := gather(function).text):
        _passed.setdefault(name, {})[text] = counted


def passed(name: str) -> dict[str, str]:
    """What was counted of each text that passed as a `name`."""
    return _passed.get(name, {})


def is_kits_own(function: object) -> bool:
    """Whether it's the kit's, as after `carry_on`, and not the learner's."""
    return str(getattr(function, "__module__", "")).partition(".")[0] == "jobqueue"
