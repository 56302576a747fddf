"""Recordings of lessons as the messages of a live picture, for a page that plays them back with the notebook's script.

tests/record.py makes the recordings, by running each lesson for real. A picture's messages are made from its frames
when the site is built, by the same views as in a notebook, so that the two can't come apart.
"""

import ast
import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobqueue.lab.pictures.base.feed import Feed
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.lanes.lanes import Lanes
from jobqueue.lab.pictures.machine.machine import Machine
from jobqueue.lab.pictures.overview.picture import Overview
from jobqueue.lab.pictures.tiers.tiers import Strip
from jobqueue.lab.recording.recording import Recording
from jobqueue.printable import escape_html as escape

RECORDINGS = Path(__file__).with_name("recordings")

#: By the verbs of `world` that show them.
VIEWS: dict[str, type[PictureView]] = {"machine": Machine, "watch": Overview, "strip": Strip, "lanes": Lanes}


def picture_of(source: str) -> str:
    """The verb by which a cell shows a live picture of its world; "" if it shows none."""
    try:
        last = ast.parse(source).body[-1:]
    except SyntaxError:  # a cell with a magic
        return ""
    match last:
        case [ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="world"), attr=verb)))] if verb in VIEWS:
            return verb
    return ""


def player(lesson: str, verb: str) -> str:
    """The place of a picture that plays back the lesson's recording; "" if there's none."""
    if not (RECORDINGS / f"{lesson}.json.gz").exists():
        return ""
    name = f"{lesson}-{verb}"
    return (
        f'<figure class="jq-player" data-recording="{escape(name)}" data-picture="{escape(verb)}">'
        "<figcaption>A recording of this lesson, run for real. With JavaScript, it plays here.</figcaption></figure>"
    )


def write_playback(folder: Path, lesson: str, verb: str) -> None:
    """Write the script that a page loads to play: the picture's nodes, its messages, and the marks on its time line."""
    recording = Recording.load(RECORDINGS / f"{lesson}.json.gz")
    view = VIEWS[verb]()
    played = {"svg": view.nodes(), "messages": list(_messages(view, recording)), "marks": _marks(recording)}
    packed = base64.b64encode(gzip.compress(json.dumps(played, separators=(",", ":")).encode(), 9, mtime=0)).decode()
    folder.mkdir(parents=True, exist_ok=True)
    script = f"jqRecording({json.dumps(f'{lesson}-{verb}')}, {json.dumps(packed)});\n"
    (folder / f"{lesson}-{verb}.js").write_text(script, encoding="utf-8")


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


def _recorded(message: Any, t: float) -> Any:
    """The message, without what only a living world has: its badge, and buttons that kill."""
    values = {key: "" if key.endswith("@disabled") else value for key, value in message["values"].items()}
    return message | {"values": values | {"badge": f"recorded, {t:.0f} s"}}


def _marks(recording: Recording) -> list[list[Any]]:
    frames = list(recording.frames[-1:])
    return [[mark.t, mark.label, mark.fault] for mark in frames[0].marks] if frames else []
