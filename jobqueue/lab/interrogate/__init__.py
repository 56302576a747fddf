"""Ask a real queue by experiment: what it does when its worker is killed, when it is flooded, when Redis goes away.

`await ask("rq", "killed")` makes the experiment, and returns what happened, with the evidence. Nothing is believed: an
answer is read from what the jobs themselves wrote down, in a file that the queue knows nothing of.

To question a queue of your own, write an adapter; peers/ask_blpop.py is the smallest. It is a Python file that says
what pip is to install (REQUIRES), and has two functions: `enqueue(job)`, plain or async, has `do(*job.args)` run some
time, and `work()` is a worker, for ever. Then `await ask("my_queue.py")`, or in a shell
`jobqueue interrogate my_queue.py`. It may say more, and will be asked more:

- GARBAGE: Redis commands that put what is no job among its jobs.
- TUNED: for a question, the options that its documentation recommends, by what takes them, as in
  {"killed": {"worker": {"timeout": 3}}}. `host` hands them to the adapter, as the dicts QUEUE, WORKER and JOB.
- `dead()`: the ids of the jobs that it keeps as given up, in the place that DEAD names; `replay(ids)`.
- Priorities: `job.tier` is "high", "normal" or "low". One without says UNASKED = {"starvation": "no priorities"}.
- `producer()`: an async context manager around `enqueue`, `dead` and `replay`.
- CONCURRENCY of `host` is how many jobs its worker may run at once. Async queues have `do_async` run.
"""

from jobqueue.lab.interrogate.answer import Answer, Trial, frame, load, save
from jobqueue.lab.interrogate.ask import ask, asking
from jobqueue.lab.interrogate.peer import Peer, find, known
from jobqueue.lab.interrogate.question import QUESTIONS

__all__ = ["QUESTIONS", "Answer", "Peer", "Trial", "ask", "asking", "find", "frame", "known", "load", "save"]
