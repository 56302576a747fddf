"""The address of a workshop: where it is, and the code that lets people in. Notebooks and the server agree on it here.

http://192.168.1.5:8100/#K7QM2XPD          as the QR code has it: a browser doesn't send what comes after #
http://192.168.1.5:8100/join/K7QM2XPD      easier to type
"""

import re
import secrets
from urllib.parse import SplitResult, urlsplit

import msgspec

from jobqueue.errors import BadSetting
from jobqueue.printable import printable

#: The environment variable that names a workshop to notebooks.
VARIABLE = "JOBQUEUE_WORKSHOP"

#: Characters of a code: no two of them look alike. Eight of them are 39 bits, too many to guess over a network.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8

_FORM = re.compile(r"(?P<base>.*?)/*(?:/#/?|/join/|#)(?P<code>[^/#?]+)/?")


class Address(msgspec.Struct, frozen=True):
    """A workshop: `base` without a slash at its end, and `code`, the join token."""

    base: str
    code: str

    def __str__(self) -> str:
        return f"{self.base}/#{self.code}"


def parse(text: str) -> Address:
    """Parse an address in either form. Raises BadSetting, which says what's wrong with it."""
    parts = _split(text.strip())
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise _wrong(text, "the code is missing: it stands after /# or after /join/")
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise _wrong(text, "it begins with http:// or https:// and a host")
    return Address(match["base"], parse_code(match["code"]))


def parse_code(text: str) -> str:
    """A code as people type it, in small letters or with dashes. Raises BadSetting if it can't be one."""
    code = re.sub(r"[\s-]", "", text).upper()
    if len(code) != LENGTH or not set(code) <= set(ALPHABET):
        raise BadSetting(f"{printable(text)!r} is no code of a workshop: a code has {LENGTH} letters and digits")
    return code


def make_code() -> str:
    """Make a new code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def spell(code: str) -> str:
    """A code for reading aloud: K7QM-2XPD."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # it's checked only when it's read
    except ValueError as error:
        raise _wrong(text, str(error)) from None
    return parts


def _wrong(text: str, reason: str) -> BadSetting:
    return BadSetting(f"{printable(text)!r} is no address of a workshop: {reason}. Copy it from the projector")
