"""What the site plays back: each live picture of a lesson has its own part of a recording of that lesson."""

import base64
import gzip
import json
import re
from collections import Counter
from itertools import pairwise

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import record
from jobqueue.lab.course.shelf import CHECKOUT
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.site.playback import picture_of, write_playback


def pictures():
    """(lesson, verb, number) of each live picture."""
    for path in sorted(CHECKOUT.glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        verbs = [verb for cell in cells if cell.cell_type == "code" and (verb := picture_of(cell.source))]
        for place, verb in enumerate(verbs):
            yield path.stem, verb, Counter(verbs[:place])[verb]


PICTURES = list(pictures())


def test_all_lessons_and_the_control_room_have_pictures_and_some_are_shown_again():
    assert len({lesson for lesson, _, _ in PICTURES}) == 15
    assert max(number for _, _, number in PICTURES) == 2


def played(folder, *picture):
    """The messages and marks of a picture's own script."""
    name = write_playback(folder, *picture)
    assert name, f"no recording: python tests/record.py {picture[0]}"
    script = (folder / f"{name}.js").read_text(encoding="utf-8")
    assert len(script) < 300_000
    packed = re.fullmatch(rf'jqRecording\("{name}", "([^"]+)"\);\n', script)[1]
    recording = json.loads(gzip.decompress(base64.b64decode(packed)))
    return recording["messages"], recording["marks"]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: "-".join(map(str, picture)))
def test_a_picture_plays_its_own_part_and_marks_say_what_happens_in_it(picture, tmp_path):
    messages, marks = played(tmp_path, *picture)
    seconds = [t for t, _ in messages]
    assert seconds == sorted(seconds) and len(messages) > 5
    assert messages[0][1]["points"] and "points" not in messages[1][1]
    assert marks and all(seconds[0] - 0.1 <= t <= seconds[-1] + 0.1 for t, _, _ in marks)


def test_a_picture_that_is_shown_again_goes_on_where_the_one_above_ends(tmp_path):
    lesson = "07-priority-and-aging"
    parts = [played(tmp_path, lesson, "strip", number) for number in range(3)]
    for (earlier, _), (later, _) in pairwise(parts):
        assert earlier[-1][0] < later[0][0]
    assert [sum(label.startswith("flood") for _, label, _ in marks) for _, marks in parts] == [1, 0, 1]
    assert write_playback(tmp_path, lesson, "strip", 3) == ""


@pytest.mark.slow
def test_a_lesson_is_recorded_with_the_seconds_of_its_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "RECORDINGS", tmp_path)
    monkeypatch.setattr(record, "SHOWN", tmp_path / "shown.json")
    record.SHOWN.write_text('{"99-other": {}}', encoding="utf-8")
    opening = "from jobqueue.lab import open_world\nworld = await open_world()"
    between = "await world.recorder.next()\nworld.recorder.mark('between')"
    sources = [opening, "world.strip()", between, "world.strip()", "await world.close()"]
    cells = [new_markdown_cell("# A lesson"), *map(new_code_cell, sources)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "98-a-lesson.ipynb")

    target = record.record(tmp_path / "98-a-lesson.ipynb", str(tmp_path))
    shown = json.loads(record.SHOWN.read_text(encoding="utf-8"))
    first, second = shown["98-a-lesson"]["strip"]
    [mark] = Recording.load(target).marks.itertuples()
    assert first < mark.t_s < second and shown["99-other"] == {}
