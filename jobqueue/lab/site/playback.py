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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jobqueue.lab.pictures.base.feed import Feed
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.lanes.lanes import Lanes
from jobqueue.lab.pictures.machine.machine import Machine
from jobqueue.lab.pictures.overview.picture import Overview
from jobqueue.lab.pictures.tiers.tiers import Strip
from jobqueue.lab.recording.recording import Recording
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


def player(name: str, verb: str) -> str:
    """The place of a picture that plays back what `write_playback` wrote under this name."""
    return (
        f'<figure class="jq-player" data-recording="{escape(name)}" data-picture="{escape(verb)}">'
        "<figcaption>A recording of this lesson, run for real. With JavaScript, it plays here.</figcaption></figure>"
    )


def write_playback(folder: Path, lesson: str, verb: str, number: int) -> str:
    """Write the script that a page loads to play: the picture's nodes, its messages, and the marks on its time line.

    It plays what this picture, the lesson's `number`th of its kind from 0, shows until there's another. Returns the
    script's name, or "" if there's no recording of that.
    """
    path, shown = RECORDINGS / f"{lesson}.json.gz", SHOWN.get(lesson, {}).get(verb, [0.0])
    if not path.exists() or number >= len(shown):
        return ""
    recording = _between(Recording.load(path), *[*shown, math.inf][number : number + 2])
    view = VIEWS[verb]()
    played = {"svg": view.nodes(), "messages": _until_still([*_messages(view, recording)]), "marks": _marks(recording)}
    packed = base64.b64encode(gzip.compress(json.dumps(played, separators=(",", ":")).encode(), 9, mtime=0)).decode()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{lesson}-{verb}" + (f"-{number + 1}" if number else "")
    (folder / f"{name}.js").write_text(f"jqRecording({json.dumps(name)}, {json.dumps(packed)});\n", encoding="utf-8")
    return name


def _between(recording: Recording, start: float, end: float) -> Recording:
    """That part of the recording, with its own marks only."""
    frames = [frame for frame in recording.frames if start <= frame.t < end]
    return Recording([replace(f, marks=[mark for mark in f.marks if mark.t >= start]) for f in frames])


def _messages(view: PictureView, recording: Recording) -> Iterator[list[Any]]:
    """(second, message) of each frame that changes the picture. The first message has everything."""
    feed = Feed(view, clock=lambda: view.frame.t)
    for frame in recording.frames:
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


def _marks(recording: Recording) -> list[list[Any]]:
    """Those that are made while the picture is shown."""
    first, *_, last = recording.frames
    return [[mark.t, mark.label, mark.fault] for mark in last.marks if mark.t >= first.t]
