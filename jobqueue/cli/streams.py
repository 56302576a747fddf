"""The standard streams of the commands: always open, able to show every text, and honest about lost answers.

A supervisor may start us with stdout or stderr closed, a terminal may not know UTF-8, and a disk may be full.
"""

import codecs
import io
import os
import sys
from typing import Any, TextIO

from jobqueue.printable import escape

#: ASCII characters for streams that can't show our glyphs: each one, with the glyphs that it replaces.
STAND_INS = {
    glyph: ascii
    for ascii, glyphs in {
        "-": "–—−━─╸╺", "|": "·│├└┌┐┘┤┬┴┼", ".": "…░", ">": "→", "+": "✓✔✚", "x": "✗✘×",
        "o": "●", "#": "■█▓▒▏▎▍▌▋▊▉", "^": "▲", "*": "◆★", "@": "⬟", "v": "▼",
    }.items()
    for glyph in glyphs
}  # fmt: skip


class AnswerLost(OSError):
    """Raised once, when stdout takes no more. Later text is dropped.

    `reader_left` is true if the reader has read enough, as in `| head`. `done` names work that mustn't be repeated.
    """

    def __init__(self, error: OSError):
        super().__init__(*error.args)
        self.reader_left, self.done = isinstance(error, BrokenPipeError), ""


class _Answers(io.FileIO):
    lost = False

    def write(self, data: Any) -> int:
        if self.lost:
            return len(data)
        try:
            return super().write(data)
        except OSError as error:
            self.lost = True
            raise AnswerLost(error) from None


class _Complaints(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:  # there's nowhere left to report it, and the work goes on
            return len(data)


def prepare_streams() -> None:
    """Replace sys.stdout and sys.stderr by such streams, and open any standard stream that's closed."""
    codecs.register_error("jobqueue", _stand_in)
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # else a socket gets this number, and prints go into it
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest free number: this one
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.stdout = _text(_Answers(1, "w", closefd=False), sys.stdout)
    sys.stderr = _text(_Complaints(2, "w", closefd=False), sys.stderr)


def _text(raw: io.FileIO, like: TextIO | None) -> TextIO:
    encoding = like.encoding if like else "utf-8"
    through = like is not None and bool(getattr(like, "write_through", False))
    lines = raw.isatty() or raw.fileno() == 2
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "jobqueue", line_buffering=lines, write_through=through)


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """Handle encoding errors of both streams: replace our glyphs by their stand-ins, escape any other character."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(STAND_INS.get(character) or escape(character) for character in text), error.end
