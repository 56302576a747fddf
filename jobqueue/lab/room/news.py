"""What happened last, in a sentence: what a button said, until the recording has a newer mark, or one ends. Pure."""

from collections.abc import Sequence


class News:
    """`t` in seconds since the recording began, `words`, and their `kind`: calm, fault or error."""

    def __init__(self):
        self.t, self.words, self.kind = 0.0, "", "calm"
        self._begun = self._ended = 0  # of the marks seen so far

    def take(self, marks: Sequence[dict]) -> None:
        """Take in the marks of a frame."""
        ended = [mark for mark in marks if mark.get("until") is not None]
        if len(marks) > self._begun:
            mark = marks[-1]
            self._set(mark["t"], mark["label"], "fault" if mark.get("fault", True) else "calm")
        elif len(ended) > self._ended:
            mark = max(ended, key=lambda mark: mark["until"])
            self._set(mark["until"], f"{mark['label']}: over, after {mark['until'] - mark['t']:.0f} s", "calm")
        self._begun, self._ended = len(marks), len(ended)

    def say(self, t: float, words: str, kind: str, marks: Sequence[dict]) -> None:
        """Say a sentence that tells also of these marks, the whole recording's."""
        self.take(marks)
        self._set(t, words, kind)

    def _set(self, t: float, words: str, kind: str) -> None:
        self.t, self.words, self.kind = t, words, kind
