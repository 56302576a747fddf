"""Short names for entry ids, which are long and look alike: e1, e2, … in the order in which they first appear."""

import re

_ENTRY_ID = re.compile(r"\b1[6-9]\d{11}-\d+\b")  # milliseconds of the years 2020 to 2033


class Names:
    """The names in one picture."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def shorten(self, words: str) -> str:
        """`words` with a short name in place of each entry id."""
        return _ENTRY_ID.sub(lambda match: self.known.setdefault(match[0], f"e{len(self.known) + 1}"), words)

    def shorten_by_age(self, words: str) -> str:
        """The same for words that aren't in the order of time: the oldest entry has the first name."""
        for entry in sorted(set(_ENTRY_ID.findall(words)), key=lambda entry: [int(part) for part in entry.split("-")]):
            self.shorten(entry)
        return self.shorten(words)
