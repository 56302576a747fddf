"""The machine from frame to frame: what of the past it takes to show the present. Pure: `step` folds frames."""

from typing import NamedTuple

from jobqueue.lab.live.frame import NOTHING
from jobqueue.lab.live.machine_moves import RARE, Hop, Traffic, hops, regulate
from jobqueue.lab.live.machine_places import DONE
from jobqueue.lab.live.machine_tokens import Ended, Token, cards, lines, tokens

NEWS_KEPT, NEWS_SECONDS = 4, 1.2  # of each sort; what happens again within this time is told in one line
#: What may go on all the time.
ROUTINE = ("promoted", "retried", "released")
REAPED_KEPT = 5_000  # jobs


class News(NamedTuple):
    """Something that a lesson is about, and how many jobs it happened to; or what was done to the world."""

    t: float
    kind: str
    #: Rows. Both are "" for what was done to the world: then `kind` is the mark's label.
    start: str = ""
    end: str = ""
    jobs: int = 0
    tier: str = ""


class Scene(NamedTuple):
    """What is shown of a frame, and what has to be remembered for the next."""

    frame: dict = NOTHING
    cards: tuple[str, ...] = ()
    lines: int = 1
    tokens: dict[str, Token] = {}  # noqa: RUF012 - a scene is never changed, only followed by another
    #: Since the scene before this one: who glides alone, and bundles (kind, from row, to row, how many).
    hops: tuple[Hop, ...] = ()
    bundles: tuple[tuple, ...] = ()
    #: Newest first; and what of it is new, or grew, since the scene before this one.
    news: tuple[News, ...] = ()
    fresh: tuple[News, ...] = ()
    done: tuple[Ended, ...] = ()
    #: Jobs whose last attempt ended with its lease running out. As keys, so that they are in order.
    reaped: dict[str, None] = {}  # noqa: RUF012
    traffic: Traffic = Traffic()


def step(before: Scene, frame: dict) -> Scene:
    """The scene of the frame that follows."""
    names, done, reaped = cards(frame, before.cards), _done(before.done, frame), _reaped(before.reaped, frame)
    found = tokens(frame, before.tokens, names, reaped, done)
    moved = hops(before.tokens, found, frame, names)
    traffic, alone, bundles = regulate(before.traffic, moved, frame["t"])
    news = _news(before, frame, moved)
    fresh = tuple(each for each in news if each not in before.news)
    rows = lines(frame, before.lines)
    return Scene(frame, names, rows, found, tuple(alone), tuple(bundles), news, fresh, done, reaped, traffic)


def _done(before: tuple[Ended, ...], frame: dict) -> tuple[Ended, ...]:
    new = [
        Ended(event["job"], event["tier"] or "normal", event.get("attempt") or 1)
        for event in reversed(frame["events"])
        if event["event"] == "done"
    ]
    return (*new, *before)[:DONE]


def _reaped(before: dict[str, None], frame: dict) -> dict[str, None]:
    """As on the tickets: a retry, an end that the worker lived to tell of, makes a job clean again."""
    told = [event for event in frame["events"] if event["event"] in ("reaped", "retried")]
    found = dict(before) if told else before
    for event in told:
        found.pop(event["job"], None)
        if event["event"] == "reaped":
            found[event["job"]] = None
    return found if len(found) <= REAPED_KEPT else dict.fromkeys([*found][-REAPED_KEPT:])


def _news(before: Scene, frame: dict, moved: list[Hop]) -> tuple[News, ...]:
    """One line for each route on which something rare happened, and for each fault."""
    t, told = frame["t"], list(reversed(before.news))
    told += [News(mark["t"], mark["label"]) for mark in frame["marks"][len(before.frame["marks"]) :]]
    for hop in moved:
        rare = [route for route in hop.routes if route[0] in RARE]
        told += [News(t, kind, start, end.removeprefix("more:"), 1, hop.token.tier) for kind, start, end in rare]
    newest = sorted(_together(told), key=lambda news: -news.t)
    matter, rest = ([news for news in newest if (news.kind in ROUTINE) is routine] for routine in (False, True))
    return tuple(sorted([*matter[:NEWS_KEPT], *rest[:NEWS_KEPT]], key=lambda news: -news.t))


def _together(told: list[News]) -> list[News]:
    """What happened on the same route at about the same time, as one."""
    found: list[News] = []
    latest: dict[tuple, int] = {}
    for news in told:
        route = news.kind, news.start, news.end, news.tier
        at = latest.get(route)
        if at is not None and news.jobs and news.t - found[at].t < NEWS_SECONDS:
            found[at] = found[at]._replace(jobs=found[at].jobs + news.jobs)
        else:
            latest[route] = len(found)
            found.append(news)
    return found
