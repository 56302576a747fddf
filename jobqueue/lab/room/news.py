"""The latest news in a sentence: a button's words, until the recording has a newer mark, or a mark ends. Pure."""

from collections.abc import Sequence

from jobqueue.lab.recording.frame import Mark


class LatestNews:
    """`t` in seconds since the recording began, `words`, and their `kind`: calm, fault or error."""

    def __init__(self) -> None:
        self.t, self.words, self.kind = 0.0, "", "calm"
        self._begun = self._ended = 0  # how many marks so far

    def take(self, marks: Sequence[Mark]) -> None:
        """Take in the marks of a frame."""
        ended = [mark for mark in marks if isinstance(mark.until, float)]
        if len(marks) > self._begun:
            mark = marks[-1]
            self._set(mark.t, mark.label, "fault" if mark.fault else "calm")
        elif len(ended) > self._ended:
            mark = max(ended, key=lambda mark: mark.end)
            self._set(mark.end, f"{mark.label}: over, after {mark.end - mark.t:.0f} s", "calm")
        self._begun, self._ended = len(marks), len(ended)

    def say(self, t: float, words: str, kind: str, marks: Sequence[Mark]) -> None:
        """Say a sentence. It covers these marks, too, which are all of the recording's."""
        self.take(marks)
        self._set(t, words, kind)

    def _set(self, t: float, words: str, kind: str) -> None:
        self.t, self.words, self.kind = t, words, kind
