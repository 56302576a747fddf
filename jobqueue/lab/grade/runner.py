"""The process of one notebook: it runs the cells, has the functions judged, and ends all that the notebook started.

`python -m jobqueue.lab.grade.runner FOLDER SECONDS` grades the Submission in FOLDER, and prints its grades as JSON.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from jobqueue.lab.grade.grades import NOT_PASSED, NOT_RUN, PASSED, Grade
from jobqueue.lab.grade.judge import Judgement
from jobqueue.lab.grade.kernel import ConfinedKernel, KernelEnded
from jobqueue.lab.grade.strays import adopt_orphans, end_descendants
from jobqueue.lab.grade.submissions import SUBMISSION, Exercise, Submission
from jobqueue.server.leash import Leashed

#: A cell may take this part of the notebook's time.
CELL_SHARE = 1 / 3

#: Seconds per function: a checker gives up by itself long before.
JUDGE_SECONDS = 90

HAND_OVER = """
from pathlib import Path as _Path
from jobqueue.lab.grade.handover import hand_over as _hand_over
_hand_over(globals(), _Path({folder!r}), *{pieces!r})
"""


class Trouble(msgspec.Struct):
    """What went wrong in a notebook: the first error of each cell, and why it had to stop, if it had to."""

    errors: dict[int, str] = {}
    stopped: str = ""

    def describe(self, exercise: Exercise) -> str:
        """Say why the function isn't there: the error of the cell that defines it, or else the first one."""
        own = [at for at in exercise.cells if at in self.errors]
        first = own or sorted(self.errors)
        if self.stopped and not own:
            return self.stopped
        return f"cell {first[0] + 1}: {self.errors[first[0]]}" if first else f"there's no {exercise.piece}"


def run_cells(submission: Submission, home: Path, own: Path, seconds: float) -> Trouble:
    """Run the notebook as far as its exercises need. Each function is handed over before the cell that checks it."""
    stops: dict[int, list[str]] = defaultdict(list)
    for exercise in submission.exercises:
        stops[exercise.stop].append(exercise.piece)
    trouble, kernel, at = Trouble({}), None, 0
    try:
        kernel = ConfinedKernel(home, own, time.monotonic() + seconds)
        for at in range(max(stops) + 1):
            if at in stops:
                kernel.run(HAND_OVER.format(folder=str(own), pieces=stops[at]), seconds * CELL_SHARE)
            if at < max(stops) and (error := kernel.run(submission.cells[at], seconds * CELL_SHARE)):
                trouble.errors[at] = error
    except KernelEnded as ended:
        trouble.stopped = f"cell {at + 1}: {ended}"
    finally:
        if kernel:
            kernel.stop()
        end_descendants()
    return trouble


def judge_all(exercises: list[Exercise], own: Path) -> Iterator[Judgement]:
    """Have these judged in another process. If one takes it down, those after it are missing."""
    words = [f"{one.checker}={own / one.piece}.pickle" for one in exercises]
    with Leashed([sys.executable, "-P", "-m", f"{__package__}.judge", *words], stdout=subprocess.PIPE) as process:
        try:
            answers, _ = process.communicate(timeout=JUDGE_SECONDS * len(words))
        except subprocess.TimeoutExpired:
            process.kill()
            answers, _ = process.communicate()
    for line in answers.splitlines():
        yield msgspec.json.decode(line, type=Judgement)


def grade_notebook(submission: Submission, folder: Path, seconds: float) -> Iterator[Grade]:
    """Grade one notebook. All that it writes goes into `folder`."""
    home, own = folder / "n", folder / "o"
    home.mkdir()
    own.mkdir()
    path = Path(submission.path)
    for file in [path, *path.parent.glob("*.py")]:  # modules of theirs
        if file.is_file():  # and no pipe, which would never end
            shutil.copy(file, home)
    trouble = run_cells(submission, home, own, seconds)
    ready = [one for one in submission.exercises if (own / f"{one.piece}.pickle").is_file()]
    judgements = {each.checker: each for each in judge_all(ready, own)} if ready else {}
    for one in submission.exercises:
        grade = Grade(submission.learner, one.checker, NOT_RUN)
        reason = own / f"{one.piece}.txt"
        if judged := judgements.get(one.checker):
            grade.result = PASSED if judged.passed else NOT_PASSED
            grade.bug, grade.failure, grade.seconds = judged.bug, judged.failure, judged.seconds
        elif one in ready:
            grade.error = "it ended the process of its checker, or took too long there"
        else:
            grade.error = reason.read_text(encoding="utf-8") if reason.exists() else trouble.describe(one)
        yield grade


def main(folder: Path, seconds: float) -> None:
    submission = msgspec.json.decode((folder / SUBMISSION).read_bytes(), type=Submission)
    adopt_orphans()
    try:
        grades = list(grade_notebook(submission, folder, seconds))
    finally:
        end_descendants()
    sys.stdout.buffer.write(msgspec.json.encode(grades))
    sys.stdout.flush()
    os._exit(0)  # without waiting for the sockets of a kernel that's gone


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
