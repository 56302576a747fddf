"""Where everything of the machine stands: two layouts of the same places, as data. Lengths in units, about CSS pixels.

From the top down: the streams and the delayed set, where jobs wait; the PEL, under the workers that hold it; then what
is done and what is dead. So what moves down gets on, and what moves up gets another attempt.
"""

from typing import NamedTuple

from jobqueue.lab.live.language import TIERS

WIDTHS = {"wide": 1040, "narrow": 680}
TAPE, DELAYED, LETTERS, DONE = 16, 12, 4, 6  # how many tokens there is room for
LEDGER, LEDGER_LINE = 16, 8  # under each worker, and of them on one line
CARDS = 12
CARDS_A_LINE = {"wide": 3, "narrow": 2}
CARD_WIDTH = 332
TAPES_AT, TAPE_PITCH, TAPE_HEIGHT = 106, 58, 32  # the first tape's top edge; from one to the next; its own height
STUB = 134  # a tape's left edge: from here to the cursor are entries that were delivered, and are not acknowledged
CURSOR = 186  # where on a tape the group's last-delivered id is
DELAYED_AT = TAPES_AT + TAPE_PITCH * len(TIERS)
PEL_AT = DELAYED_AT + TAPE_PITCH + 12  # its title's top edge
CARDS_AT = PEL_AT + 28


class Row(NamedTuple):
    """Slots for tokens: the first one's middle; `each` of them a line, `dx` apart; lines are `dy` apart."""

    x: float
    y: float
    dx: float = 0.0
    each: int = 1
    dy: float = 0.0

    def at(self, index: int) -> tuple[float, float]:
        """The middle of a slot."""
        return self.x + self.dx * (index % self.each), self.y + self.dy * (index // self.each)


class Place(NamedTuple):
    """A slot: row and index. Besides the rows of tokens, `rows` has rows of one slot, where tokens come and go."""

    row: str
    index: int = 0


def held_by(worker: str) -> str:
    """The name of the row of what a worker holds."""
    return f"worker:{worker}"


def card_at(form: str, i: int, lines: int) -> tuple[float, float]:
    """The top left corner of a worker's card; each has so many `lines` of tokens."""
    each = CARDS_A_LINE[form]
    gap = (WIDTHS[form] - each * CARD_WIDTH) / (each - 1)
    return (CARD_WIDTH + gap) * (i % each), CARDS_AT + (card_height(lines) + 12) * (i // each)


def card_height(lines: int) -> int:
    return 60 + 36 * lines


def outcomes_at(form: str, cards: int, lines: int) -> float:
    """The top edge of what is done and what is dead."""
    below = -(-max(cards, 1) // CARDS_A_LINE[form])
    return CARDS_AT + (card_height(lines) + 12) * below + 10


def height(form: str, cards: int, lines: int) -> float:
    letters = -(-LETTERS // {"wide": 2, "narrow": 1}[form])
    return outcomes_at(form, cards, lines) + 32 + max(28 * letters, 56) + 4


def dead_at(form: str) -> float:
    """The left edge of the dead letters."""
    return card_at(form, 1, 1)[0]


def rows(form: str, cards: tuple[str, ...], lines: int) -> dict[str, Row]:
    """Every row, for these workers in this order."""
    wide, right = form == "wide", WIDTHS[form]
    pitch = 42.0 if wide else 26.0
    found = {}
    for i, tier in enumerate((*TIERS, "delayed")):
        y = TAPES_AT + TAPE_PITCH * i + TAPE_HEIGHT / 2
        found[f"more:{tier}"] = Row(right - 46, y)
        found[f"in:{tier}"] = Row(right + 6, y)
        if tier in TIERS:
            found[tier] = Row(CURSOR + 20, y, pitch, TAPE)
            found[f"cursor:{tier}"] = Row(CURSOR, y)
    found["delayed"] = Row(160, y, 60.0 if wide else 40.0, DELAYED)
    for i, worker in enumerate(cards):
        x, top = card_at(form, i, lines)
        found[held_by(worker)] = Row(x + 30, top + 74, 35.0, LEDGER_LINE, 36.0)
        found[f"more:{held_by(worker)}"] = Row(x + 316, top + 74)
    found["pel"] = Row(right / 2, CARDS_AT + 30)
    bottom, left = outcomes_at(form, len(cards), lines), dead_at(form)
    found["done"] = Row(16, bottom + 44, 30.0, DONE)
    found["out:done"] = Row(16 + 30 * DONE, bottom + 44)
    found["dead"] = Row(left + 16, bottom + 44, 348.0 if wide else 0.0, 2 if wide else 1, 28.0)
    return found
