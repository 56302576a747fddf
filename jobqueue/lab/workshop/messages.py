"""The messages that a notebook or a phone sends to the workshop, each the JSON body of a POST. Never code, never prose.

POST /api/hello      Hello      "I'm here": once when a notebook joins, so that the class can be counted
POST /api/answer     VoteCast   may be sent again: the last answer per learner, vote and round counts while it's open
POST /api/verdict    CheckRun   may be sent again: the same learner, exercise and `at` count once

Each has the header `Authorization: Bearer CODE`. The answer is a JSON object, whose `detail` says what's wrong: 401 a
wrong code, 404 no such vote or exercise, 409 this round is closed, 413 too large, 422 another shape, 429 too fast
(Retry-After says for how many seconds). Only 429, 5xx and a lost connection are worth another try.

A 409 also has `round`, the round that's open now, or null. If it's 2 and the learner has only just clicked, send the
answer again with it: the class votes for the second time, and the notebook couldn't know.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

#: Random, made once per notebook folder or browser. It's all that makes a learner the same one next time.
LearnerId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]

#: As the learner typed it, if at all.
Name = Annotated[str, Meta(min_length=1, max_length=40)]

Number = Annotated[int, Meta(ge=0, lt=26)]
Time = Annotated[float, Meta(ge=0, le=1e11)]


class Hello(msgspec.Struct, forbid_unknown_fields=True):
    """A learner joins. `notebook` is False for a phone."""

    learner: LearnerId
    name: Name | None = None
    notebook: bool = True


class VoteCast(msgspec.Struct, forbid_unknown_fields=True):
    """An answer.

    Attributes:
        vote: the id that the notebook gives to `vote(…)`, "03-reaper-dies". It begins with its lesson's number.
        choice: 0 for the first option, 1 for the second.
        round: 2 is the class's second vote on the same question, after it has talked.
        at: seconds since 1970, by the sender's clock.
    """

    learner: LearnerId
    vote: Annotated[str, Meta(max_length=60)]
    choice: Number
    at: Time
    round: Literal[1, 2] = 1
    name: Name | None = None


class CheckRun(msgspec.Struct, forbid_unknown_fields=True):
    """A checker's verdict, without a word of the code.

    Attributes:
        exercise: the checker's name, "reaper" for check.reaper.
        failure: the id of the wrong idea in the catalogue; None if it passed, or if the idea has no id.
        seconds: how long the check took.
    """

    learner: LearnerId
    exercise: Annotated[str, Meta(max_length=40)]
    passed: bool
    seconds: Annotated[float, Meta(ge=0, le=86_400)]
    failure: Annotated[str, Meta(pattern=r"^F[0-9]{1,3}\Z")] | None = None
    at: Time | None = None
    name: Name | None = None


#: What the instructor does with a vote. `again` begins the second round.
Action = Literal["open", "close", "again", "reveal"]


class Turn(msgspec.Struct, forbid_unknown_fields=True):
    """The instructor's buttons. Only the projector page sends it: POST /api/desk/turn."""

    vote: Annotated[str, Meta(max_length=60)]
    action: Action


class Beat(msgspec.Struct, forbid_unknown_fields=True):
    """The instructor's clock: POST /api/desk/beat. 0 minutes count up."""

    beat: Annotated[str, Meta(max_length=120)]
    minutes: Annotated[int, Meta(ge=0, le=60)] = 0
