"""The words of the command line: each command, its arguments, and what --help says about them."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from jobqueue.cli import commands, dead_letters, queue_status, services, serving
from jobqueue.cli.values import (
    parse_address,
    parse_age,
    parse_bytes,
    parse_capacity,
    parse_count,
    parse_seconds,
    parse_text,
)
from jobqueue.dead import PAGE
from jobqueue.keys import TIERS
from jobqueue.printable import printable
from jobqueue.server.urls import mask_password

DEFAULT_URL = "redis://localhost:6379"

#: Not taken from a docstring: `python -OO` leaves none.
DESCRIPTION = "See the demo, open the course, run a worker or the HTTP front, look after the jobs."

EXIT_CODES = """Exit codes: 0 done; 1 it ran, and the answer is no; 2 it couldn't be carried out; 3 it was carried out,
but the answer couldn't be written, so don't repeat it blindly; 130 after Ctrl-C."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {printable(message)} (--help says more)\n")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from importlib.metadata import version  # other commands needn't wait for it

        print(f"jobqueue {version('jobqueue-kit')}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands. What it parses has `run`, which takes it and returns the exit code."""
    parser = _Parser(prog="jobqueue", description=DESCRIPTION, epilog=EXIT_CODES)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version of the kit")
    add = parser.add_subparsers(dest="command", required=True, metavar="command").add_parser

    demo = add("demo", help="watch real workers, one kill -9, and the recovery (about 20 seconds)")
    demo.add_argument("--no-reaper", action="store_true", help="hire workers without a reaper, so that orphans stay")
    demo.set_defaults(run=services.demo)
    doctor = add("doctor", help="check whether this machine can run the course, and say what to do (some seconds)")
    doctor.set_defaults(run=services.doctor)
    votes = add("votes", help="show what a room predicted, as a histogram of its votes.json files")
    votes.add_argument("files", nargs="+", type=Path, metavar="votes.json", help="read these files, or all in a folder")
    votes.set_defaults(run=services.votes)
    _grade(add("grade", help="run submitted notebooks, and say which exercises pass and what's wrong in the others"))
    site = add("site", help="build the course as a static site, from a checkout")
    site.add_argument("folder", nargs="?", type=Path, metavar="OUT", help="write the pages into this folder")
    site.add_argument("--repository", metavar="URL", help="first set the repository's address, for all links")
    site.add_argument("--tab", action="store_true", help="add the page that checks code in the browser (needs npm)")
    site.set_defaults(run=services.site)
    _workshop(add("workshop", help="run a live workshop: votes on a projector, from phones and notebooks"))
    lab = add("lab", help="open the course in JupyterLab (further options go to JupyterLab)")
    lab.add_argument(
        "folder", nargs="?", help="put your copy of the notebooks here, and open it (default jobqueue-notebooks)"
    )
    lab.set_defaults(run=None)
    reset = add("reset", help="put a lesson back as shipped, and keep your version under another name")
    reset.add_argument("lesson", type=parse_text, help="name it by its number or file, such as 03 or control-room")
    reset.set_defaults(run=services.reset)

    _worker(add("worker", help="run the jobs of a queue, until SIGTERM or Ctrl-C drains it"))
    safe = "Answers only to its own names and to numeric addresses, and refuses web pages of other sites. "
    safe += "A client has 20 seconds to send a request, and 20 more to read the answer. Without a token, any client "
    safe += "that reaches it may use it: see --token-file, or set JOBQUEUE_TOKEN."
    _serve(add("serve", help="run the HTTP front of a queue, until SIGTERM or Ctrl-C", description=safe))
    _enqueue(add("enqueue", help="enqueue a job and print its ID"))
    _status(add("status", help="show the queue as it is now, or what became of one job"))
    _cancel(add("cancel", help="cancel a job that isn't running"))
    _policy(add("policy", help="print which tier workers fetch from next, or set it for all of them at once"))
    _lease(add("lease", help="print how long a pending job may stay silent, or set it for all workers at once"))
    _interrogate(add("interrogate", help="find out by experiment what real queues do when you kill their worker"))
    _dead(add("dead", help="list, show, replay or discard dead letters: the jobs that were given up"))
    completion = add("completion", help="print a script with which your shell completes our words")
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="write it for this shell")
    completion.set_defaults(run=_complete)
    return parser


def _complete(arguments: argparse.Namespace) -> int:
    try:
        import shtab
    except ModuleNotFoundError:
        raise commands.Refused("it needs shtab: pip install shtab") from None
    print(shtab.complete(build_parser(), arguments.shell))
    return 0


def _grade(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "folder", type=Path, help="grade the notebooks in this folder, or in a folder per learner there"
    )
    command.add_argument(
        "--csv",
        type=Path,
        default=Path("grades.csv"),
        metavar="FILE",
        help="write the grades here (default grades.csv)",
    )
    command.add_argument("--nbgrader", type=Path, metavar="FILE", help="write a CSV as nbgrader exports it, too")
    command.add_argument(
        "--otter", type=Path, metavar="OUT", help="write each learner's results for Gradescope here, too"
    )
    command.add_argument(
        "--seconds",
        type=parse_seconds,
        default=300.0,
        metavar="S",
        help="stop a notebook after S seconds (default 300)",
    )
    command.add_argument(
        "--jobs", type=int, metavar="N", help="run N notebooks at a time (default half the processors)"
    )
    command.set_defaults(run=services.grade)


def _on_a_queue(command: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    url = os.environ.get("JOBQUEUE_REDIS_URL", DEFAULT_URL)
    shown = printable(mask_password(url)).replace("%", "%%")
    kinds = "redis://, rediss://, unix://, redis+cluster://A,B or redis+sentinel://A,B/NAME"
    command.add_argument("--url", default=url, help=f"connect to {kinds} (default JOBQUEUE_REDIS_URL, now {shown})")
    command.add_argument("--queue", default="jobs", metavar="NAME", help="use the queue of this name (default jobs)")
    command.set_defaults(run=run)


def _worker(command: argparse.ArgumentParser) -> None:
    command.add_argument("handlers", metavar="module:name", help="import this dict of handlers, by their tasks' names")
    command.add_argument("--concurrency", type=int, default=16, metavar="N", help="hold N jobs at once (default 16)")
    command.add_argument(
        "--processes", type=parse_count, default=1, metavar="N", help="run N such processes, one per core (default 1)"
    )
    command.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)  # for our own supervisor
    command.add_argument(
        "--grace", type=parse_seconds, default=10.0, metavar="S", help="wait S seconds for running jobs (default 10)"
    )
    command.add_argument(
        "--name", type=parse_text, help="be this consumer, unique in the queue (default host, pid and more)"
    )
    command.add_argument("--no-reaper", action="store_true", help="run no reaper next to the worker")
    command.add_argument("--json-logs", action="store_true", help="log one JSON object per line")
    command.add_argument(
        "--metrics",
        type=parse_address,
        metavar="[HOST:]PORT",
        help="answer Prometheus here; with --processes, the others take the next ports (default no metrics)",
    )
    command.add_argument(
        "--result-ttl", type=parse_seconds, metavar="S", help="keep results for S seconds (default 3600)"
    )
    _with_max_bytes(command, "fail a job whose result has more than N bytes")
    _on_a_queue(command, services.worker)


def _serve(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="listen here (default 127.0.0.1)")
    command.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="answer for this name too (default localhost)"
    )
    command.add_argument(
        "--port", type=int, default=8000, help="listen on this port; 0 takes a free one (default 8000)"
    )
    command.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="answer only clients that send the token in FILE (default JOBQUEUE_TOKEN, or else all)",
    )
    _with_max_bytes(command, "refuse jobs of more than N bytes")
    _with_capacity(command)
    _on_a_queue(command, serving.serve)


def _enqueue(command: argparse.ArgumentParser) -> None:
    command.add_argument("task", type=parse_text, help="name the handler to run")
    command.add_argument(
        "payload",
        nargs="?",
        type=parse_text,
        default="null",
        help="pass this JSON, or - for standard input (default null)",
    )
    command.add_argument("--priority", choices=TIERS, default="normal", help="put it in this tier (default normal)")
    command.add_argument("--id", type=parse_text, help="name the job yourself, so that a second call adds nothing")
    command.add_argument("--max-attempts", type=int, default=3, metavar="N", help="try N times (default 3)")
    command.add_argument(
        "--timeout", type=float, default=60.0, metavar="S", help="stop an attempt after S seconds (default 60)"
    )
    command.add_argument(
        "--delay", type=float, default=0.0, metavar="S", help="wait S seconds before it may run (default 0)"
    )
    command.add_argument(
        "--wait",
        type=parse_seconds,
        default=0.0,
        metavar="S",
        help="try for S seconds while its tier is full (default 0)",
    )
    _with_capacity(command)
    _on_a_queue(command, commands.enqueue)


def _status(command: argparse.ArgumentParser) -> None:
    shown = command.add_mutually_exclusive_group()
    shown.add_argument("job_id", nargs="?", type=parse_text, help="show this job (default the whole queue)")
    shown.add_argument("--watch", action="store_true", help="show it again every second, until Ctrl-C")
    shown.add_argument("--json", action="store_true", help="print the whole queue as JSON; times in seconds")
    shown.add_argument(
        "--check",
        nargs="?",
        const=60.0,
        type=parse_seconds,
        metavar="S",
        help="end with 1 if no worker lives, or a job has waited for more than S seconds (default 60)",
    )
    _on_a_queue(command, queue_status.status)


def _cancel(command: argparse.ArgumentParser) -> None:
    command.add_argument("job_id", type=parse_text, help="cancel this job")
    _on_a_queue(command, commands.cancel)


def _lease(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "seconds",
        nargs="?",
        type=float,
        help="set it: several times the longest pause, at least 0.5 (default print it)",
    )
    _on_a_queue(command, commands.lease)


def _policy(command: argparse.ArgumentParser) -> None:
    change = command.add_mutually_exclusive_group()
    change.add_argument(
        "name",
        nargs="?",
        type=parse_text,
        help="set strict, aging:SECONDS or weighted:HIGH/NORMAL/LOW (default print it)",
    )
    change.add_argument("--clear", action="store_true", help="let each worker follow its own again")
    command.add_argument("--force", action="store_true", help="set a name that no worker has registered yet")
    _on_a_queue(command, commands.policy)


def _workshop(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--lan",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="let others on your network join, at this address of yours (default only this machine; --lan finds one)",
    )
    command.add_argument(
        "--port", type=int, default=8100, help="listen on this port; 0 takes a free one (default 8100)"
    )
    command.add_argument(
        "--votes",
        type=Path,
        default=Path("workshop.jsonl"),
        metavar="FILE",
        help="keep all votes here, and go on with those that are here (default workshop.jsonl)",
    )
    command.add_argument(
        "--earlier",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="compare with earlier workshops, which have their votes in these files (default none)",
    )
    command.set_defaults(run=services.workshop)


def _interrogate(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "peers", nargs="*", metavar="peer", help="ask rq, arq … (see --list), or your own adapter's .py"
    )
    instead = command.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="list the queues and the questions")
    instead.add_argument("--setup", action="store_true", help="only make their environments")
    instead.add_argument("--stored", action="store_true", help="show the answers that come with the kit")
    command.add_argument("--ask", metavar="a,b", help="ask only these questions (default all)")
    command.add_argument(
        "--settings",
        choices=("default", "tuned", "both"),
        default="both",
        help="run them as installed, tuned, or both (default both)",
    )
    command.add_argument(
        "--trials", type=int, default=1, metavar="N", help="repeat each experiment N times (default 1)"
    )
    command.add_argument("--within", type=float, default=20.0, metavar="S", help="wait S seconds for each (default 20)")
    command.add_argument("--evidence", action="store_true", help="show what happened, and when")
    command.add_argument("--json", action="store_true", help="print everything as JSON")
    command.set_defaults(run=services.interrogate, url="the experiment's own address")


def _dead(command: argparse.ArgumentParser) -> None:
    add = command.add_subparsers(dest="verb", required=True, metavar="list|show|replay|discard").add_parser
    several = add("list", help="list dead letters, the oldest first")
    several.add_argument(
        "--limit", type=int, default=PAGE, metavar="N", help=f"show at most N letters (default {PAGE})"
    )
    several.add_argument(
        "--after", type=parse_text, metavar="LETTER", help="begin after this letter, the last of the page before"
    )
    one = add("show", help="show one letter: payload, error, traceback, and how each attempt ended")
    one.add_argument("letter", type=parse_text, help="show the letter with this ID")
    for reader, run in ((several, dead_letters.list_letters), (one, dead_letters.show_letter)):
        reader.add_argument("--json", action="store_true", help="print everything as JSON, raw fields in base64")
        _on_a_queue(reader, run)
    for verb, does in (
        ("replay", "run the jobs again, counting attempts from 1"),
        ("discard", "delete letters for good"),
    ):
        ending = add(verb, help=does)
        ending.add_argument("letters", nargs="*", type=parse_text, metavar="letter", help=f"{verb} these letters")
        ending.add_argument("--all", action="store_true", help=f"{verb} all that are dead now")
        if verb == "discard":
            ending.add_argument(
                "--older-than",
                type=parse_age,
                metavar="AGE",
                help="discard those that died longer ago than this: 30m, 12h, 7d …",
            )
        _on_a_queue(ending, dead_letters.end_letters)


def _with_max_bytes(command: argparse.ArgumentParser, does: str) -> None:
    command.add_argument("--max-bytes", type=parse_bytes, metavar="N", help=f"{does} (default 262144)")


def _with_capacity(command: argparse.ArgumentParser) -> None:
    tells = (
        "refuse jobs when a tier is full: high=100 at 100; normal=500:1000 at 1000, until it is down to 500; "
        "several with commas (default no limit)"
    )
    command.add_argument("--capacity", type=parse_capacity, default={}, metavar="TIER=N", help=tells)
