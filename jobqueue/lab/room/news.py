"""The latest news in a sentence: a button's words, until something newer happens. Pure.

That is a newer mark in the recording, the end of a mark that lasted a second, or the death of a worker that wasn't
killed from here.
"""

from collections.abc import Sequence

from jobqueue.lab.pictures.base.words import counted
from jobqueue.lab.recording.frame import NOTHING, Mark, WorkerRow, WorldFrame


class LatestNews:
    """`t` in seconds since the recording began, `words`, and their `kind`: calm, fault or error."""

    def __init__(self) -> None:
        self.t, self.words, self.kind = 0.0, "", "calm"
        self._begun = self._ended = 0  # how many marks so far
        self._before = NOTHING

    def take(self, frame: WorldFrame) -> None:
        """Take in a frame: its marks, and its dead."""
        self._take_marks(frame.marks)
        alive = {worker.name: worker for worker in self._before.workers if not worker.over}
        fresh = {mark.label for mark in frame.marks[len(self._before.marks) :]}
        for worker in frame.workers:
            if worker.state == "dead" and worker.name in alive and f"kill -9 {worker.name}" not in fresh:
                self._set(frame.t, _obituary(alive[worker.name]), "fault")
        self._before = frame

    def _take_marks(self, marks: Sequence[Mark]) -> None:
        # One that's over at once must not push away the sentence that explains it.
        ended = [mark for mark in marks if isinstance(mark.until, float) and mark.end - mark.t >= 1]
        if len(marks) > self._begun:
            mark = marks[-1]
            self._set(mark.t, mark.label, "fault" if mark.fault else "calm")
        elif len(ended) > self._ended:
            mark = max(ended, key=lambda mark: mark.end)
            self._set(mark.end, f"{mark.label}: over, after {mark.end - mark.t:.0f} s", "calm")
        self._begun, self._ended = len(marks), len(ended)

    def say(self, t: float, words: str, kind: str, marks: Sequence[Mark]) -> None:
        """Say a sentence. It covers these marks, too, which are all of the recording's."""
        self._take_marks(marks)
        self._set(t, words, kind)

    def _set(self, t: float, words: str, kind: str) -> None:
        self.t, self.words, self.kind = t, words, kind


def _obituary(worker: WorkerRow) -> str:
    """A worker died by itself. `worker`: as it was in the frame before."""
    if not worker.running:
        return f"{worker.name} died by itself, with nothing to run."
    jobs, poison = counted(worker.running, "job"), "It" if worker.running == 1 else "One of them"
    return f"{worker.name} died by itself, with {jobs} in its hands. {poison} may be poison."
