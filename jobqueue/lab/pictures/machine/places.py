"""The positions of everything in the machine, in two layouts, as data. Lengths are in units of about a CSS pixel.

From the top down: the streams and the delayed set, where jobs wait; the pending list, under the workers that hold it;
then jobs that are done or dead. So a job that moves down makes progress, and one that moves up gets another attempt.
"""

from typing import NamedTuple

from jobqueue.lab.pictures.base.language import TIERS

WIDTHS = {"wide": 1040, "narrow": 680}
LETTERS, DONE = 4, 6  # how many tokens there's room for
DELAYED = 12  # at most
CARDS = 12
CARDS_A_LINE = {"wide": 3, "narrow": 2}
CARD_WIDTH = 332
TAPES_AT, TAPE_PITCH, TAPE_HEIGHT = 106, 58, 32  # the first tape's top edge; from one to the next; its own height
OWN, OWN_VALUES = 3, 6  # how many keys of a learner's own there's room for, and values of each
OWN_PITCH, OWN_WIDTH = 42, 88  # from one key to the next, and from one value to the next
STUB = 134  # a tape's left edge: from here to the cursor are entries that were delivered and not acknowledged
CURSOR = 186  # where on a tape the group's last-delivered id is
DELAYED_AT = TAPES_AT + TAPE_PITCH * len(TIERS)
PEL_AT = DELAYED_AT + TAPE_PITCH + 12  # its title's top edge
CARDS_AT = PEL_AT + 28


class Room(NamedTuple):
    """How many tokens there's room for: on a tape, in the delayed set, and on one of a card's lines."""

    tape: int
    delayed: int
    line: int
    #: From one token to the next on a card, and in the other rows.
    on_card: float
    elsewhere: float


class FloorPlan(NamedTuple):
    """The things that decide where tokens are: whose cards there are, their lines, and whether tokens are long."""

    cards: tuple[str, ...] = ()
    lines: int = 1
    long: bool = False

    @property
    def room(self) -> Room:
        return Room(9, 9, 5, 55.0, 50.0) if self.long else Room(16, DELAYED, 8, 35.0, 30.0)


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
    """A slot in a row. `rows` also has rows of one slot each, where tokens come and go."""

    row: str
    slot: int = 0


def held_by(worker: str) -> str:
    """The name of the row with a worker's pending jobs."""
    return f"worker:{worker}"


def card_at(form: str, i: int, lines: int) -> tuple[float, float]:
    """The top left corner of a worker's card. Each card has `lines` lines of tokens."""
    each = CARDS_A_LINE[form]
    gap = (WIDTHS[form] - each * CARD_WIDTH) / (each - 1)
    return (CARD_WIDTH + gap) * (i % each), CARDS_AT + (card_height(lines) + 12) * (i // each)


def card_height(lines: int) -> int:
    return 60 + 36 * lines


def outcomes_at(form: str, cards: int, lines: int) -> float:
    """The top edge of the jobs that are done or dead."""
    below = -(-max(cards, 1) // CARDS_A_LINE[form])
    return CARDS_AT + (card_height(lines) + 12) * below + 10


def own_at(form: str, plan: FloorPlan, letters: int = LETTERS) -> float:
    """The top edge of the keys of a learner's own, below so many dead letters."""
    below = -(-min(letters, LETTERS) // {"wide": 2, "narrow": 1}[form])
    return outcomes_at(form, len(plan.cards), plan.lines) + 32 + max(28 * below, 56) + 4


def height(form: str, plan: FloorPlan, letters: int = LETTERS, own: int = 0) -> float:
    return own_at(form, plan, letters) + (24 + OWN_PITCH * min(own, OWN) if own else 0)


def dead_at(form: str) -> float:
    """The left edge of the dead letters."""
    return card_at(form, 1, 1)[0]


def rows(form: str, plan: FloorPlan) -> dict[str, Row]:
    """Every row."""
    (cards, lines, long), room = plan, plan.room
    wide, right = form == "wide", WIDTHS[form]
    pitch = 50.0 if long else 42.0 if wide else 26.0
    slots: dict[str, Row] = {}
    for i, tier in enumerate((*TIERS, "delayed")):
        y = TAPES_AT + TAPE_PITCH * i + TAPE_HEIGHT / 2
        slots[f"more:{tier}"] = Row(right - 46, y)
        slots[f"in:{tier}"] = Row(right + 6, y)
        if tier in TIERS:
            slots[tier] = Row(CURSOR + (28 if long else 20), y, pitch, room.tape)
            slots[f"cursor:{tier}"] = Row(CURSOR, y)
    slots["delayed"] = Row(160, y, 60.0 if wide else room.elsewhere + (0 if long else 10), room.delayed)
    for i, worker in enumerate(cards):
        x, top = card_at(form, i, lines)
        slots[held_by(worker)] = Row(x + 30, top + 74, room.on_card, room.line, 36.0)
        slots[f"more:{held_by(worker)}"] = Row(x + 316, top + 74)
    slots["pel"] = Row(right / 2, CARDS_AT + 30)
    bottom, left = outcomes_at(form, len(cards), lines), dead_at(form)
    slots["done"] = Row(24, bottom + 44, room.elsewhere, DONE)
    slots["out:done"] = Row(24 + room.elsewhere * DONE, bottom + 44)
    slots["dead"] = Row(left + 24, bottom + 44, 348.0 if wide else 0.0, 2 if wide else 1, 28.0)
    return slots
