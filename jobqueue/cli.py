"""`jobqueue`, the command: see the demo, open the course, run a worker or the HTTP front, look after the jobs.

This file says what can be typed; commands.py answers, services.py runs until told to stop.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from redis.exceptions import AuthenticationError, ConnectionError, RedisError, TimeoutError

from jobqueue import commands, services
from jobqueue.backpressure import watermarks
from jobqueue.commands import NotFound, Refused, without_password
from jobqueue.dead import PAGE
from jobqueue.errors import JobQueueError
from jobqueue.keys import TIERS

DEFAULT_URL = "redis://localhost:6379"


def main(argv: list[str] | None = None) -> int:
    """Run one command. Returns 0; 1 if it ran and the answer is no; 2 if it could not be carried out."""
    arguments = _parser().parse_args(argv)
    try:
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read has seen enough, as in `| head`; nor must the flush at exit complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except (Refused, JobQueueError) as error:
        reason, code = str(error), 1 if isinstance(error, NotFound) else 2
    except UnicodeEncodeError as error:
        reason, code = f"{error.object!r} is not UTF-8", 2
    except RedisError as error:
        # redis-py calls a wrong password a ConnectionError too, or the cause of one; but it is an answer.
        away = isinstance(error, ConnectionError | TimeoutError)
        away = away and not isinstance(error.__cause__ or error, AuthenticationError)
        url = without_password(arguments.url)
        reason, code = f"no answer from Redis at {url}: {error}" if away else f"Redis at {url} refused: {error}", 2
    except OSError as error:  # a full disk, no folder for temporary files
        reason, code = f"{type(error).__name__}: {error}", 2
    print(f"jobqueue {arguments.command}: {reason}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help says more)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="jobqueue", description=__doc__.splitlines()[0].split(": ", 1)[1])
    add = parser.add_subparsers(dest="command", required=True, metavar="command").add_parser

    demo = add("demo", help="about 20 seconds: real workers, one kill -9, and the recovery")
    demo.add_argument("--no-reaper", action="store_true", help="without a reaper: see that the orphans stay")
    demo.set_defaults(run=services.demo)
    doctor = add("doctor", help="can this machine carry the course? some seconds; says what to do")
    doctor.set_defaults(run=services.doctor)
    votes = add("votes", help="what a room predicted: a histogram of its votes.json files")
    votes.add_argument("files", nargs="+", type=Path, metavar="votes.json", help="files, or folders of them")
    votes.set_defaults(run=services.votes)
    lab = add("lab", help="open the course in JupyterLab (further options go to JupyterLab)")
    lab.add_argument("folder", nargs="?", help="work on a copy here (jobqueue-notebooks; in a checkout: its own)")
    lab.set_defaults(run=None)

    _worker(add("worker", help="run the jobs of a queue, until SIGTERM or Ctrl-C drains it"))
    _serve(add("serve", help="the HTTP front of a queue, until SIGTERM or Ctrl-C"))
    _enqueue(add("enqueue", help="enqueue a job; prints its id"))
    _status(add("status", help="the queue at this instant, or what became of one job"))
    _cancel(add("cancel", help="take back a job that does not run"))
    _policy(add("policy", help="which tier workers fetch from next: print it, or set it for all of them at once"))
    _lease(add("lease", help="how long a pending job may stay silent: print it, or set it for all workers at once"))
    _interrogate(add("interrogate", help="ask real queues by experiment what they do when their worker is killed …"))
    _dead(add("dead", help="what was given up: list it, show it, give it another life, throw it away"))
    return parser


def _on_a_queue(command: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    url = os.environ.get("JOBQUEUE_REDIS_URL", DEFAULT_URL)
    shown = without_password(url).replace("%", "%%")
    kinds = "redis://, rediss://, unix://, redis+cluster://A,B or redis+sentinel://A,B/NAME"
    command.add_argument("--url", default=url, help=f"{kinds} (JOBQUEUE_REDIS_URL; {shown})")
    command.add_argument("--queue", default="jobs", metavar="NAME", help="the queue's name (jobs)")
    command.set_defaults(run=run)


def _worker(command: argparse.ArgumentParser) -> None:
    command.add_argument("handlers", metavar="module:name", help="a dict of handlers, a task's name each")
    command.add_argument("--concurrency", type=int, default=16, metavar="N", help="jobs held at once (16)")
    command.add_argument("--grace", type=_seconds, default=10.0, metavar="S", help="seconds a drain waits (10)")
    command.add_argument("--name", help="the consumer's name; unique in the queue (host, pid and a nonce)")
    command.add_argument("--no-reaper", action="store_true", help="run no reaper beside it")
    command.add_argument("--json-logs", action="store_true", help="one JSON object a line")
    _on_a_queue(command, services.worker)


def _serve(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="where to listen: there is no password (127.0.0.1)")
    command.add_argument("--port", type=int, default=8000, help="0 takes one that is free (8000)")
    _with_capacity(command)
    _on_a_queue(command, services.serve)


def _enqueue(command: argparse.ArgumentParser) -> None:
    command.add_argument("task", help="the name of its handler")
    command.add_argument("payload", nargs="?", default="null", help="JSON (null); - reads it from standard input")
    command.add_argument("--priority", choices=TIERS, default="normal")
    command.add_argument("--id", help="your own name for the job: a second call adds nothing")
    command.add_argument("--max-attempts", type=int, default=3, metavar="N", help="attempts before it is dead (3)")
    command.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds one attempt may take (60)")
    command.add_argument("--delay", type=float, default=0.0, metavar="S", help="seconds before it may run (0)")
    command.add_argument("--wait", type=_seconds, default=0.0, metavar="S", help="seconds to try while it is full (0)")
    _with_capacity(command)
    _on_a_queue(command, commands.enqueue)


def _status(command: argparse.ArgumentParser) -> None:
    what = command.add_mutually_exclusive_group()
    what.add_argument("job_id", nargs="?")
    what.add_argument("--watch", action="store_true", help="again every second, until Ctrl-C")
    _on_a_queue(command, commands.status)


def _cancel(command: argparse.ArgumentParser) -> None:
    command.add_argument("job_id")
    _on_a_queue(command, commands.cancel)


def _lease(command: argparse.ArgumentParser) -> None:
    command.add_argument("seconds", nargs="?", type=float, help="several times the longest pause; 0.5 at least")
    _on_a_queue(command, commands.lease)


def _policy(command: argparse.ArgumentParser) -> None:
    what = command.add_mutually_exclusive_group()
    what.add_argument("name", nargs="?", help="strict, aging:SECONDS, weighted:HIGH/NORMAL/LOW, or the workers' own")
    what.add_argument("--clear", action="store_true", help="each worker follows its own again")
    _on_a_queue(command, commands.policy)


def _interrogate(command: argparse.ArgumentParser) -> None:
    command.add_argument("peers", nargs="*", metavar="peer", help="rq, arq …, or your own adapter's .py; see --list")
    instead = command.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="who can be asked, and what")
    instead.add_argument("--setup", action="store_true", help="only make their environments")
    instead.add_argument("--stored", action="store_true", help="show the answers that come with the kit")
    command.add_argument("--ask", metavar="a,b", help="only these questions")
    command.add_argument("--settings", choices=("default", "tuned", "both"), default="both", help="(both)")
    command.add_argument("--trials", type=int, default=1, metavar="N", help="how often each experiment is made (1)")
    command.add_argument("--within", type=float, default=20.0, metavar="S", help="seconds to wait for each (20)")
    command.add_argument("--evidence", action="store_true", help="what happened, and when")
    command.add_argument("--json", action="store_true", help="everything, as JSON")
    command.set_defaults(run=services.interrogate, url="the experiment's own address")


def _dead(command: argparse.ArgumentParser) -> None:
    add = command.add_subparsers(dest="verb", required=True, metavar="list|show|replay|discard").add_parser
    several = add("list", help="the oldest first")
    several.add_argument("--limit", type=int, default=PAGE, metavar="N", help=f"so many at most ({PAGE})")
    several.add_argument("--after", metavar="LETTER", help="the next page begins after the last letter of this one")
    one = add("show", help="payload, error, traceback, and how each attempt ended")
    one.add_argument("letter")
    for reader, run in ((several, commands.dead_list), (one, commands.dead_show)):
        reader.add_argument("--json", action="store_true", help="everything, as JSON; raw fields in base64")
        _on_a_queue(reader, run)
    for verb, does in (("replay", "give them another life, attempts counted anew"), ("discard", "throw them away")):
        ending = add(verb, help=does)
        ending.add_argument("letters", nargs="*", metavar="letter")
        ending.add_argument("--all", action="store_true", help="all that are dead now")
        _on_a_queue(ending, commands.dead_end)


def _seconds(text: str) -> float:
    """What no part of the queue would check: a duration that may be 0, and is finite."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"say a number of seconds, 0 or more, not {text!r}")
    return seconds


def _with_capacity(command: argparse.ArgumentParser) -> None:
    tells = "full at 100: high=100; full at 1000, open again at 500: normal=500:1000; several: with commas (none)"
    command.add_argument("--capacity", type=_capacity, default={}, metavar="TIER=N", help=tells)


def _capacity(text: str) -> dict[Any, Any]:
    """`high=100,normal=500:1000` as Queue takes it."""
    found: dict[Any, Any] = {}
    try:
        for part in text.split(","):
            tier, _, numbers = part.strip().partition("=")
            low_high = tuple(map(int, numbers.split(":")))
            found[tier] = low_high[0] if len(low_high) == 1 else low_high
        watermarks(found)
    except (JobQueueError, ValueError) as error:
        words = error if isinstance(error, JobQueueError) else "say TIER=N or TIER=LOW:HIGH, in whole numbers"
        raise argparse.ArgumentTypeError(f"{text!r}: {words}") from None
    return found


def run() -> None:
    """The console script. `lab` hands what follows to JupyterLab, so it is looked for before anything is parsed."""
    if sys.argv[1:2] == ["lab"] and not {"-h", "--help"} & set(sys.argv[2:]):
        from jobqueue.lab.launch import open_course

        sys.exit(open_course(sys.argv[2:]))
    sys.exit(main())


if __name__ == "__main__":
    run()
