"""Judges functions that a kernel has handed over: `python -m jobqueue.lab.grade.judge CHECKER=FILE …`

It's a process of its own, so nothing that a notebook changed in its kernel reaches the verdict. Prints a line of JSON
per function.
"""

import asyncio
import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from jobqueue.lab import check
from jobqueue.lab.check.piece import Piece


class Judgement(msgspec.Struct):
    """What a checker says of a function, in short: its Verdict's `ok`, `bug`, `failure`, and how long it took."""

    checker: str
    passed: bool
    bug: str = ""
    failure: str = ""
    seconds: float = 0.0


async def judge(checker: str, function: Any) -> Judgement:
    """Check `function` as the learner's notebook does, and display nothing."""
    began = time.monotonic()
    verdict = await getattr(check, checker)(function).judge()
    seconds = round(time.monotonic() - began, 1)
    return Judgement(checker, verdict.ok, verdict.bug or "", verdict.failure or "", seconds)


def load(file: Path) -> Any:
    """The function in a file that `hand_over` wrote, with its source."""
    value = pickle.loads(file.read_bytes())
    if isinstance(value, Piece):
        value.bring_source()
        return value.function
    return value


def main(words: list[str]) -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a function's module may print when it's loaded
    for word in words:
        checker, _, file = word.partition("=")
        answers.write(msgspec.json.encode(asyncio.run(judge(checker, load(Path(file))))) + b"\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
