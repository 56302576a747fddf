"""The machine from frame to frame: the part of the past that it needs for the present. Pure: `step` folds frames."""

from typing import NamedTuple

from jobqueue.lab.pictures.machine.flow import Bundle, Flow, regulate
from jobqueue.lab.pictures.machine.moves import RARE, Hop, hops
from jobqueue.lab.pictures.machine.places import DONE, FloorPlan
from jobqueue.lab.pictures.machine.tokens import Ended, Token, plan_floor, tokens
from jobqueue.lab.recording.frame import NOTHING, WorldFrame

NEWS_KEPT, NEWS_SECONDS = 4, 1.2  # of each sort; what happens again within this time makes one line
#: Moves that may go on all the time.
ROUTINE = ("promoted", "retried", "released")
REAPED_KEPT = 5_000  # jobs


class Happening(NamedTuple):
    """Something that a lesson is about, and how many jobs it happened to; or something that was done to the world."""

    t: float
    kind: str
    #: Rows. Both are "" if something was done to the world: then `kind` is the mark's label.
    start: str = ""
    end: str = ""
    jobs: int = 0
    tier: str = ""


class Scene(NamedTuple):
    """A frame as the machine shows it, with all that the next scene needs of the past."""

    frame: WorldFrame = NOTHING
    plan: FloorPlan = FloorPlan()
    tokens: dict[str, Token] = {}  # noqa: RUF012 - a scene is never changed, only followed by another
    #: Since the scene before this one: jobs that glide alone, and bundles of jobs that glide together.
    hops: tuple[Hop, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    #: Newest first; and those that are new, or grew, since the scene before this one.
    news: tuple[Happening, ...] = ()
    fresh: tuple[Happening, ...] = ()
    done: tuple[Ended, ...] = ()
    #: Jobs whose last attempt ended because its lease ran out. They're keys, so they have an order.
    reaped: dict[str, None] = {}  # noqa: RUF012
    flow: Flow = Flow()

    @property
    def cards(self) -> tuple[str, ...]:
        return self.plan.cards


def step(before: Scene, frame: WorldFrame) -> Scene:
    """The scene of the frame that follows."""
    now, done, reaped = plan_floor(frame, before.plan), _done(before, frame), _reaped(before.reaped, frame)
    shown = tokens(frame, before.tokens, now, reaped, done)
    moved = hops(before.tokens, shown, frame, now)
    flow, alone, bundles = regulate(before.flow, moved, frame.t)
    news = _news(before, frame, moved)
    fresh = tuple(each for each in news if each not in before.news)
    return Scene(frame, now, shown, tuple(alone), tuple(bundles), news, fresh, done, reaped, flow)


def _done(before: Scene, frame: WorldFrame) -> tuple[Ended, ...]:
    new = [
        Ended(event.job, event.tier or "normal", event.attempt or 1, _label(before, event.job))
        for event in reversed(frame.events)
        if event.event == "done"
    ]
    return (*new, *before.done)[:DONE]


def _label(before: Scene, job: str) -> str:
    """The label that a job had when it was last shown."""
    return before.tokens[job].label if job in before.tokens else ""


def _reaped(before: dict[str, None], frame: WorldFrame) -> dict[str, None]:
    """Follow the mark on the tickets: a retry clears it, because the worker lived to report that attempt's end."""
    ends = [event for event in frame.events if event.event in ("reaped", "retried")]
    reaped = dict(before) if ends else before
    for event in ends:
        reaped.pop(event.job, None)
        if event.event == "reaped":
            reaped[event.job] = None
    return reaped if len(reaped) <= REAPED_KEPT else dict.fromkeys([*reaped][-REAPED_KEPT:])


def _news(before: Scene, frame: WorldFrame, moved: list[Hop]) -> tuple[Happening, ...]:
    """One line for each route on which something rare happened, and for each fault."""
    t, news = frame.t, list(reversed(before.news))
    news += [Happening(mark.t, mark.label) for mark in frame.marks[len(before.frame.marks) :]]
    for hop in moved:
        rare = [route for route in hop.routes if route[0] in RARE]
        news += [Happening(t, kind, start, end.removeprefix("more:"), 1, hop.token.tier) for kind, start, end in rare]
    newest = sorted(_together(news), key=lambda each: -each.t)
    matter, rest = ([each for each in newest if (each.kind in ROUTINE) is routine] for routine in (False, True))
    return tuple(sorted([*matter[:NEWS_KEPT], *rest[:NEWS_KEPT]], key=lambda each: -each.t))


def _together(news: list[Happening]) -> list[Happening]:
    """Join what happened on the same route at about the same time."""
    joined: list[Happening] = []
    latest: dict[tuple[str, str, str, str], int] = {}
    for each in news:
        route = each.kind, each.start, each.end, each.tier
        at = latest.get(route)
        if at is not None and each.jobs and each.t - joined[at].t < NEWS_SECONDS:
            joined[at] = joined[at]._replace(jobs=joined[at].jobs + each.jobs)
        else:
            latest[route] = len(joined)
            joined.append(each)
    return joined
