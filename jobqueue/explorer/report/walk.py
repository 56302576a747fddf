"""A page on which you walk through every state of a search, forward and back. It needs no kernel and loads nothing."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from jobqueue.explorer.engine.atlas import Atlas, Road
from jobqueue.explorer.record import Choice
from jobqueue.explorer.report.names import Names
from jobqueue.explorer.report.summary import Report
from jobqueue.printable import escape_html

#: Places that a page holds. A search may have met more; the page says where its map ends.
MOST = 3_000


def page(report: Report, atlas: Atlas) -> str:
    """The page as HTML, in one file. Its data is JSON that no text in it can break out of."""
    data = json.dumps(_data(report, atlas), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    html = _read("walk.html").replace("TITLE", escape_html(report.title or "Every order, step by step"))
    html = html.replace("/*STYLE*/", _read("walk.css")).replace("/*SCRIPT*/", _read("walk.js"))
    return html.replace("/*DATA*/", Names().shorten_by_age(data))


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _data(report: Report, atlas: Atlas) -> dict[str, Any]:
    kept = _kept(atlas)
    numbers = {state: number for number, state in enumerate(kept)}
    contents: dict[str, int] = {}  # many places look alike: keep each content once
    places = [_place(atlas, state, numbers, contents) for state in kept]
    return {
        "title": report.title,
        "coverage": report.coverage,
        "lanes": sorted(atlas.places[0].outcomes),
        "contents": [json.loads(text) for text in contents],
        "places": places,
        "missing": len(atlas.places) - len(kept),
        "problems": [
            [words, [numbers[road.target] for road in _follow(atlas, choices)]] for words, choices in atlas.problems
        ],
    }


def _kept(atlas: Atlas) -> list[int]:
    """The states that fit on the page: those on the simplest way to each problem, then the nearest to the start."""
    kept = dict.fromkeys([0])
    for _, choices in atlas.problems:
        kept |= dict.fromkeys(road.target for road in _follow(atlas, choices))
    near = [0]  # it grows while it's read
    known = {0}
    for state in near:
        if len(known) >= MOST:
            break
        targets = sorted({road.target for road in atlas.roads[state]} - known)
        near += targets
        known |= set(targets)
    return list(kept | dict.fromkeys(near))


def _follow(atlas: Atlas, choices: list[Choice]) -> Iterator[Road]:
    state = 0
    for choice in choices:
        road = next(road for road in atlas.roads[state] if road.choice == choice)
        yield road
        state = road.target


def _place(atlas: Atlas, state: int, numbers: dict[int, int], contents: dict[str, int]) -> dict[str, Any]:
    place = atlas.places[state]
    return {
        "redis": contents.setdefault(json.dumps(place.keys, ensure_ascii=False), len(contents)),
        "outcomes": place.outcomes,
        "effects": place.effects,
        "now": place.now,
        "schedules": atlas.schedules[state],
        "losing": atlas.losing[state],
        "findings": atlas.findings.get(state, []),
        "roads": [_road(road, numbers) for road in atlas.roads[state]],
    }


def _road(road: Road, numbers: dict[int, int]) -> list[Any]:
    choice = road.choice
    return [choice.kind, choice.lane, choice.seconds, road.command, road.reply, numbers.get(road.target, -1)]
