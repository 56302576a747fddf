"""Text that's safe to print: an ID or an error may hold a line end, ESC, or a character that turns text around.

Raw, it could forge a line of a log, or command the terminal. So logs, commands and notebooks print it in this form.
"""

import html
import json
import logging
import re
import traceback
from collections.abc import Callable
from linecache import getline
from unicodedata import category

import msgspec


def printable(text: object) -> str:
    """`text` in one line, with an escape such as \\x1b for each character that doesn't print."""
    line = str(text)
    return line if line.isprintable() else "".join(c if c.isprintable() else escape(c) for c in line)


def printable_lines(text: str, indent: str = "") -> str:
    """The same for several lines: each begins with `indent`, so that none can pass for another record of a log."""
    return "\n".join(indent + printable(line) for line in text.splitlines())


def escape_html(text: str) -> str:
    """The same for HTML, quotes included. Spaces and line ends stay: a page isn't a log."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in "\n\t" or category(c) == "Zs" else escape(c) for c in text)
    return html.escape(text)


def printable_json(value: object, encoding: str = "utf-8") -> str:
    """`value` as indented JSON. A character that doesn't print, or isn't in `encoding`, is escaped: nothing is lost."""
    text = msgspec.json.format(msgspec.json.encode(value)).decode()
    text = re.sub(r"[^\n -~]", lambda match: match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1], text)
    text = text.replace("\x7f", "\\u007f")  # the one control character that JSON lets pass
    return re.sub(r"[^\x00-\x7f]", lambda match: _in(encoding, match[0]), text)


def escape(character: str) -> str:
    """A character as Python's source would have it."""
    return character.encode("unicode_escape").decode()


def _in(encoding: str, character: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(character)[1:-1]
    return character


class OneLine(logging.Filter):
    """Makes each message of a logger printable. Its fields (`extra`) stay as they are: they are data."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = printable(record.getMessage()), None
        return True


#: The log of the whole package.
log = logging.getLogger("jobqueue")
log.addFilter(OneLine())  # an ID with a line end in it must not forge a line of a log


def describe(error: BaseException) -> tuple[str, str]:
    """An error in one line and in full. Whatever making its text raises, it is still told as one failure."""
    name = _attempt(lambda: f"{type(error).__name__}") or "an exception"
    line = _attempt(lambda: f"{name}: {error}") or f"{name}, which cannot be printed"
    full = _attempt(lambda: "".join(traceback.format_exception(error)))
    return _sendable(line[:1000]), _sendable(full[-8000:])


def _attempt(make: Callable[[], str]) -> str:
    try:
        return make()
    except BaseException:  # its __str__, its __traceback__ and its class are a handler's own code
        return ""


def _sendable(text: str) -> str:
    """Make `text` encodable as UTF-8; an error may quote a file name that isn't."""
    return text.encode(errors="backslashreplace").decode()


def render_in_notebook(error: BaseException) -> list[str]:
    """What IPython shows of an error of ours: what to do, below the line that led to it, and no line of the kit's."""
    shown = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__") == "__main__":
            shown.append(f"line {number}: {getline(frame.f_code.co_filename, number).strip()}")
    return [*shown, f"{type(error).__name__}: {error}"]
