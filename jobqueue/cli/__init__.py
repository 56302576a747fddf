"""The command `jobqueue`: see the demo, open the course, run a worker or the HTTP front, look after the jobs.

words.py lists the words you can type. The commands in commands.py and dead_letters.py answer and end. Those in
services.py run until you stop them.

Exit codes: 0; 1 if the command ran and the answer is no; 2 if it couldn't run; 3 if stdout took no answer; 130 after
Ctrl-C.
"""

import os
import sys

from redis.exceptions import RedisError

from jobqueue.cli.commands import NotFound, Refused
from jobqueue.cli.streams import AnswerLost, prepare_streams
from jobqueue.cli.words import build_parser
from jobqueue.errors import JobQueueError
from jobqueue.printable import printable
from jobqueue.server.refusals import UNKNOWN, is_for_good
from jobqueue.server.urls import mask_password


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = build_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except AnswerLost as lost:
        return _answer_lost(lost)
    except KeyboardInterrupt:
        return 130
    except (Refused, JobQueueError) as error:
        reason, code = str(error), 1 if isinstance(error, NotFound) else 2
    except RedisError as error:
        reason, code = _describe_refusal(error, getattr(arguments, "url", os.environ.get("JOBQUEUE_REDIS_URL", ""))), 2
    except UnicodeEncodeError:
        # It comes from the arguments, because our streams take every text. It may be a password, so don't repeat it.
        reason, code = "a word or a URL that was given is not UTF-8", 2
    except OSError as error:  # a full disk, no folder for temporary files
        reason, code = f"{type(error).__name__}: {error}", 2
    print(f"jobqueue {arguments.command}: {printable(reason)}", file=sys.stderr)
    return code


def _describe_refusal(error: RedisError, url: str) -> str:
    away = isinstance(error, UNKNOWN) and not is_for_good(error)
    at = f"Redis at {mask_password(url)}" if url else "Redis"
    return f"no answer from {at}: {error}" if away else f"{at} refused: {error}"


def _answer_lost(lost: AnswerLost) -> int:
    if lost.reader_left:  # the reader has read enough
        return 0
    print(f"jobqueue: the answer couldn't be written: {lost.strerror}. {lost.done}".rstrip(), file=sys.stderr)
    return 3


def run() -> None:
    """Run the console script. `lab` passes its options on to JupyterLab, so look for it before parsing anything."""
    prepare_streams()
    try:
        code = _open_course() if sys.argv[1:2] == ["lab"] and not {"-h", "--help"} & set(sys.argv[2:]) else main()
    except SystemExit as leaving:  # argparse leaves so, after --help too
        code = int(leaving.code or 0)
    try:
        sys.stdout.flush()
    except AnswerLost as lost:
        code = _answer_lost(lost)
    sys.exit(code)


def _open_course() -> int:
    from jobqueue.lab.course.launch import open_course

    return open_course(sys.argv[2:])
