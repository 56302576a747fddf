"""A notebook in a workshop: its answers and its checkers' verdicts go there, and never code. Elsewhere nothing happens.

Set JOBQUEUE_WORKSHOP before the kernel starts, or run a cell: `join("http://192.168.1.5:8100/join/K7QM2XPD")`.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jobqueue.errors import BadSetting
from jobqueue.lab.workshop.address import VARIABLE, parse

if TYPE_CHECKING:
    from jobqueue.lab.workshop.sender import Sender

#: Seconds that `join` waits for the workshop's first answer.
PATIENCE = 5.0

_sender: "Sender | None" = None
_note = ""  # for the learner, the next time that something is shown


def join(address: str, name: str | None = None) -> None:
    """Send your answers and your checkers' verdicts to the workshop at this address, which is on the projector.

    Nobody sees your code. The class sees your name only if you give one. Prints whether the workshop answers. Raises
    BadSetting if it's no address.
    """
    sender = _replace_sender(address, name)
    trouble = sender.await_answer(PATIENCE)
    print(
        trouble or f"You've joined the workshop at {sender.address.base}. Your answers go there, and never your code."
    )


def enter() -> None:
    """Join the workshop that JOBQUEUE_WORKSHOP names, if it names one and this kernel hasn't joined any."""
    global _note
    address = os.environ.get(VARIABLE, "")
    if address and not _sender:
        try:
            _replace_sender(address, None)
        except BadSetting as error:
            os.environ[VARIABLE] = ""  # or each vote would say so
            _note = f"No workshop was joined. {VARIABLE}: {error}."


def tell_answer(vote_id: str, choice: int) -> None:
    """Tell the workshop which option of a vote was chosen, and return at once."""
    if _sender:
        _sender.send_answer(vote_id, choice)


def tell_verdict(exercise: str, passed: bool, failure: str | None, seconds: float) -> None:
    """Tell the workshop how a check ended, and return at once."""
    if _sender:
        _sender.send_verdict(exercise, passed, failure, seconds)


def take_note() -> str:
    """A sentence for the learner about the workshop, once; "" if there's none."""
    global _note
    note, _note = _note or (_sender.take_trouble() if _sender else ""), ""
    return note


def _replace_sender(address: str, name: str | None) -> "Sender":
    global _sender
    place = parse(address)
    from jobqueue.lab.votes.votes import votes_in  # with what follows: only a notebook in a workshop needs it
    from jobqueue.lab.workshop.sender import Sender

    if _sender:
        _sender.close()
    _sender = Sender(place, votes_in(Path.cwd()).learner(), name)
    return _sender
