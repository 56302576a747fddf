"""`jobqueue grade FOLDER`: run the notebooks in it, print a table of grades, and write them into files."""

import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import track

from jobqueue.lab.grade import grades as files
from jobqueue.lab.grade.grades import NOT_RUN, Grade, complete, table
from jobqueue.lab.grade.strays import adopt_orphans, end_descendants
from jobqueue.lab.grade.submissions import SUBMISSION, Submission, submissions
from jobqueue.printable import printable
from jobqueue.server.leash import Leashed

#: Seconds that a runner has for all but the notebook: to start, to judge nine functions at most, and to clean up.
MARGIN = 900


class Runners:
    """Runs notebooks, each in a process of its own. `seconds` is the time that a notebook has."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self._running: set[Leashed] = set()
        self._turn, self._closed = threading.Lock(), False

    def grade(self, submission: Submission) -> list[Grade]:
        """Grade one notebook. It never raises an error of the notebook's."""
        if submission.problem:
            return [Grade(submission.learner, "", NOT_RUN, error=submission.problem)]
        with tempfile.TemporaryDirectory(prefix="jqg-", ignore_cleanup_errors=True) as folder:
            Path(folder, SUBMISSION).write_bytes(msgspec.json.encode(submission))
            answer = self._run([sys.executable, "-P", "-m", f"{__package__}.runner", folder, str(self.seconds)])
        try:
            return msgspec.json.decode(answer, type=list[Grade])
        except msgspec.DecodeError:
            error = "it ended the process that ran it"
            return [Grade(submission.learner, one.checker, NOT_RUN, error=error) for one in submission.exercises]

    def close(self) -> None:
        """End what runs, and start nothing more."""
        with self._turn:
            self._closed = True
            for process in self._running:
                process.kill()

    def _run(self, command: list[str]) -> bytes:
        with self._turn:
            if self._closed:
                return b""
            process = Leashed(command, stdout=subprocess.PIPE, cwd=tempfile.gettempdir())
            self._running.add(process)
        with process:
            try:
                answer, _ = process.communicate(timeout=self.seconds + MARGIN)
            except subprocess.TimeoutExpired:
                process.kill()
                answer, _ = process.communicate()
        with self._turn:
            self._running.discard(process)
        return answer


def grade(folder: Path, csv: Path, nbgrader: Path | None, otter: Path | None, seconds: float, jobs: int | None) -> int:
    """Grade the notebooks in `folder`. Returns 1 if there are none. Raises OSError if the grades can't be written."""
    notebooks = list(submissions(folder))
    if not notebooks:
        print(printable(f"jobqueue grade: there are no notebooks in {folder}"), file=sys.stderr)
        return 1
    grades = complete(_grade_all(notebooks, seconds, jobs or max(1, (os.cpu_count() or 2) // 2)))
    files.write_csv(grades, csv)
    if nbgrader:
        files.write_nbgrader(grades, nbgrader)
    if otter:
        files.write_otter(grades, otter)
    console = Console(highlight=False)
    console.print(table(grades))
    passed = sum(each.result == files.PASSED for each in grades)
    learners = len({each.learner for each in grades})
    console.print(printable(f"notebooks: {len(notebooks)} · learners: {learners} · passed: {passed} · {csv}"))
    return 0


def _grade_all(notebooks: list[Submission], seconds: float, jobs: int) -> list[Grade]:
    adopt_orphans()  # of runners that a notebook has killed
    runners, console = Runners(seconds), Console(stderr=True)
    with ThreadPoolExecutor(jobs) as pool:
        graded = track(pool.map(runners.grade, notebooks), "running", len(notebooks), console=console, transient=True)
        try:
            return [grade for some in graded for grade in some]
        finally:
            runners.close()
            pool.shutdown(cancel_futures=True)
            end_descendants()
