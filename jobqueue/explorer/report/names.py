"""Short names for entry ids, which are long and look alike: e1, e2, … in the order in which they first appear."""

import re

_ENTRY_ID = re.compile(r"\b1[67]\d{11}-\d+\b")


class Names:
    """The names in one picture."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def shorten(self, words: str) -> str:
        """`words` with a short name in place of each entry id."""
        return _ENTRY_ID.sub(lambda match: self.known.setdefault(match[0], f"e{len(self.known) + 1}"), words)
