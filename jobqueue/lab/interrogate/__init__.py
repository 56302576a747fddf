"""Experiments on a real queue: kill its worker, flood it, take Redis away, and see what happens to the jobs.

`await ask("rq", "killed")` makes the experiment, and returns the answer with its evidence. The only witness is a file
in which the jobs themselves write down when they run. The queue knows nothing of that file.

To ask a queue of your own, write an adapter. The smallest is peers/ask_blpop.py. An adapter is a Python file with the
packages that pip should install (REQUIRES) and two functions. `enqueue(job)`, plain or async, makes sure that
`do(*job.args)` runs some time. `work()` is a worker that never returns. Then call `await ask("adapter.py")`, or in a
shell `jobqueue interrogate adapter.py`. An adapter may have more, and then it's asked more:

- GARBAGE: Redis commands that put something that's no job among its jobs.
- TUNED: the options that its documentation recommends for a question, as in {"killed": {"worker": {"timeout": 3}}}.
  `host` hands them to the adapter as the dicts QUEUE, WORKER and JOB.
- `dead()`: the ids of the jobs that it has given up and keeps, in the place that DEAD names; `replay(ids)`.
- Priorities: `job.tier` is "high", "normal" or "low". Use it in `enqueue`, or "starvation" is answered by "no
  priorities". If your queue has none, set UNASKED = {"starvation": "it has no priorities"}.
- `producer()`: an async context manager around `enqueue`, `dead` and `replay`.
- CONCURRENCY of `host` is how many jobs its worker may run at once. Async queues run `do_async` instead of `do`.
"""

from importlib import import_module
from typing import Any

from jobqueue.lab.interrogate.answer import Answer, Trial, frame, load, save
from jobqueue.lab.interrogate.ask import ask, asking
from jobqueue.lab.interrogate.peer import Peer, find, known
from jobqueue.lab.interrogate.question import QUESTIONS

#: What lesson 13 asks with. A shell needs none of it, nor the pandas that it loads.
LESSON = ["adapter", "admit", "at_hand", "confront", "matrix"]

__all__ = ["QUESTIONS", "Answer", "Peer", "Trial", "ask", "asking", "find", "frame", "known", "load", "save", *LESSON]


def __getattr__(name: str) -> Any:
    if name in LESSON:
        return getattr(import_module(f"{__name__}.inquiry"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
