"""What happens in a workshop. The file of votes holds one of these per line, and the state is what they add up to."""

import msgspec

from jobqueue.lab.workshop.messages import Action


class Started(msgspec.Struct, tag_field="event", tag="started"):
    """The first line. `code` lets learners in, and `key` the instructor."""

    code: str
    key: str
    at: float


class Joined(msgspec.Struct, tag_field="event", tag="joined"):
    """A learner came, or changed their name."""

    learner: str
    name: str
    notebook: bool
    at: float


class Answered(msgspec.Struct, tag_field="event", tag="answered"):
    learner: str
    vote: str
    round: int
    choice: int
    at: float


class Judged(msgspec.Struct, tag_field="event", tag="judged"):
    """A learner's function was checked. `sent` is the time by the learner's clock: it tells a repeat from a rerun."""

    learner: str
    exercise: str
    passed: bool
    failure: str | None
    seconds: float
    sent: float | None
    at: float


class Turned(msgspec.Struct, tag_field="event", tag="turned"):
    """The instructor opened, closed or revealed a vote, or began its second round."""

    vote: str
    action: Action
    at: float


class Timed(msgspec.Struct, tag_field="event", tag="timed"):
    """The instructor began a beat. `minutes` is how long it may take; 0 counts up."""

    beat: str
    minutes: int
    at: float


Happened = Started | Joined | Answered | Judged | Turned | Timed
