"""Recordings of lessons as the messages of a live picture, for a page that plays them back with the notebook's script.

tests/record.py makes the recordings, by running each lesson for real. A picture's messages are made from its frames
when the site is built, by the same views as in a notebook, so that the two can't come apart. A picture that's shown
again, further down, plays from there on.
"""

import ast
import base64
import gzip
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jobqueue.lab.pictures.base.feed import Feed
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.lanes.lanes import Lanes
from jobqueue.lab.pictures.machine.machine import Machine
from jobqueue.lab.pictures.overview.picture import Overview
from jobqueue.lab.pictures.tiers.tiers import Strip
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.site.moments import moments
from jobqueue.lab.votes.panel import mark_code
from jobqueue.printable import escape_html as escape

RECORDINGS = Path(__file__).with_name("recordings")

#: By lesson and verb: the seconds of the recording at which the picture was shown, if it wasn't just at the beginning.
SHOWN: dict[str, dict[str, list[float]]] = json.loads((RECORDINGS / "shown.json").read_text(encoding="utf-8"))

#: By the verbs of `world` that show them.
VIEWS: dict[str, type[PictureView]] = {"machine": Machine, "watch": Overview, "strip": Strip, "lanes": Lanes}


STILL_SECONDS = 2.0  # shown after the last change


def picture_of(source: str) -> str:
    """The verb by which a cell shows a live picture of its world; "" if it shows none. A control room has a machine."""
    try:
        lines = ast.parse(source).body
    except SyntaxError:  # a cell with a magic
        return ""
    match lines:
        case [*_, ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="world"), attr=verb)))] if verb in VIEWS:
            return verb
        case [*_, ast.Assign(value=ast.Call(func=ast.Name(id="control_room"))), ast.Expr(value=ast.Name())]:
            return "machine"
    return ""


def read_frames(lesson: str) -> list[WorldFrame]:
    """The recorded frames of a lesson; none if its run isn't recorded."""
    path = RECORDINGS / f"{lesson}.json.gz"
    return list(Recording.load(path).frames) if path.exists() else []


def player(name: str, verb: str, caption: str, *, starts_itself: bool = False) -> str:
    """The place of a picture that plays back what was written under this name."""
    auto = ' data-auto="2"' if starts_itself else ""
    return (
        f'<figure class="jq-player" data-recording="{escape(name)}" data-picture="{escape(verb)}"{auto}>'
        '<div class="place">With JavaScript, a recording plays here.</div>'
        f"<figcaption>{mark_code(caption)}</figcaption></figure>"
    )


def write_playback(folder: Path, lesson: str, verb: str, number: int) -> str:
    """Write the script with which a lesson's page plays its `number`th picture of a kind, from 0.

    It plays what this picture shows until there's another. Returns the script's name, or "" if there's no recording of
    that.
    """
    frames, shown = read_frames(lesson), SHOWN.get(lesson, {}).get(verb, [0.0])
    if not frames or number >= len(shown):
        return ""
    name = f"{lesson}-{verb}" + (f"-{number + 1}" if number else "")
    write_frames(folder, name, verb, _between(frames, *[*shown, math.inf][number : number + 2]))
    return name


def write_frames(folder: Path, name: str, verb: str, frames: Sequence[WorldFrame]) -> None:
    """Write the script that a page loads to play: the picture's nodes, its messages, and the marks on its time line."""
    view = VIEWS[verb]()
    marks = [[mark.t, mark.label, mark.fault] for mark in moments(frames) if mark.t >= frames[0].t]
    played = {"svg": view.nodes(), "messages": _until_still([*_messages(view, frames)]), "marks": marks}
    packed = base64.b64encode(gzip.compress(json.dumps(played, separators=(",", ":")).encode(), 9, mtime=0)).decode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.js").write_text(f"jqRecording({json.dumps(name)}, {json.dumps(packed)});\n", encoding="utf-8")


def _between(frames: Iterable[WorldFrame], start: float, end: float) -> list[WorldFrame]:
    """Those of this time, with its own marks only."""
    part = [frame for frame in frames if start <= frame.t < end]
    return [replace(f, marks=[mark for mark in f.marks if mark.t >= start]) for f in part]


def _messages(view: PictureView, frames: Iterable[WorldFrame]) -> Iterator[list[Any]]:
    """(second, message) of each frame that changes the picture. The first message has everything.

    A curve has one of every second frame: no reader sees the difference, and the site is built sooner.
    """
    feed, every = Feed(view, clock=lambda: view.frame.t), 1 if isinstance(view, Machine) else 2
    for number, frame in enumerate(frames):
        if number % every and frame.t >= view.frame.t:  # an earlier frame begins a new world
            view.take(frame)
            continue
        first = view.frame.t == 0 and not view.points
        message: Any = feed.push(frame)
        if first:
            message = feed.hear({"hello": True})
        else:
            feed.hear({})  # a page is watching
        if message:
            yield [frame.t, _recorded(message, frame.t)]


def _until_still(messages: list[list[Any]]) -> list[list[Any]]:
    """The messages until nothing moves in the picture any longer, and a little more."""
    moved = [t for t, message in messages if set(message["values"]) - {"badge", "picture@aria-label"}]
    return [each for each in messages if each[0] < moved[-1] + STILL_SECONDS]


def _recorded(message: Any, t: float) -> Any:
    """The message, without what only a living world has: its badge, and buttons that kill."""
    values = {key: "" if key.endswith("@disabled") else value for key, value in message["values"].items()}
    return message | {"values": values | {"badge": f"recorded, {t:.0f} s"}}
