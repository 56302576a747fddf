"""A learner's copy of the course: brought up to date, and never at the cost of what they wrote."""

import pytest

from jobqueue.lab.course import shelf
from jobqueue.lab.course.shelf import CHECKOUT, course, lay_out, lessons, own_folder, put_back


@pytest.fixture
def ship(tmp_path):
    """`ship(**contents)` makes it the course that is installed, and lays it out; returns the new versions' names."""

    def lay(**contents):
        source = tmp_path / "installed"
        for name, content in contents.items():
            path = source / "solutions" / f"{name}.ipynb" if name.startswith("s") else source / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return lay_out(tmp_path / "own", source)

    return lay


@pytest.fixture
def own(tmp_path):
    """The learner's folder, as {name: content}."""

    def read():
        folder = tmp_path / "own"
        found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        found.pop(".course.json", None)
        return {name: path.read_text(encoding="utf-8") for name, path in found.items()}

    return read


def test_in_a_checkout_the_course_is_the_checkouts_and_the_copy_is_next_to_it(tmp_path, monkeypatch):
    assert course() == CHECKOUT and (course() / "00-start-here.ipynb").is_file()
    monkeypatch.chdir(tmp_path)
    assert own_folder() == CHECKOUT.parent / "jobqueue-notebooks"


def test_in_a_copy_the_copy_is_that_one(ship, tmp_path, monkeypatch):
    ship(a="1")
    monkeypatch.chdir(tmp_path / "own")
    assert own_folder() == tmp_path / "own"


def test_votes_and_functions_next_to_a_checkouts_notebooks_are_not_the_course(ship, own, tmp_path):
    ship(a="1")
    for name in ("votes.json", "my_queue.py"):
        (tmp_path / "installed" / name).touch()
    ship()
    assert own() == {"a.ipynb": "1"}


def test_what_nobody_touched_is_replaced_by_its_new_version(ship, own):
    assert ship(a="1", s="1") == []
    assert own() == {"a.ipynb": "1", "solutions/s.ipynb": "1"}
    assert ship(a="2", b="1") == []
    assert own() == {"a.ipynb": "2", "b.ipynb": "1", "solutions/s.ipynb": "1"}


def test_what_was_changed_stays_and_its_new_version_is_put_beside_it_once(ship, own, tmp_path):
    ship(a="1", s="1")
    (tmp_path / "own" / "a.ipynb").write_text("mine", encoding="utf-8")
    (tmp_path / "own" / "solutions" / "s.ipynb").write_text("mine", encoding="utf-8")
    assert ship() == []  # there is no newer one
    version = shelf.metadata.version("jobqueue-kit")
    assert ship(a="2", s="2") == [f"a.{version}.ipynb", f"solutions/s.{version}.ipynb"]
    assert own() == {
        "a.ipynb": "mine",
        f"a.{version}.ipynb": "2",
        "solutions/s.ipynb": "mine",
        f"solutions/s.{version}.ipynb": "2",
    }
    (tmp_path / "own" / f"a.{version}.ipynb").unlink()
    assert ship() == []  # who threw it away need not do so again


def test_a_course_that_changed_twice_under_one_version_still_comes(ship, own, tmp_path):
    """Found by a walk: the second change never came, and nothing said so."""
    ship(a="1")
    (tmp_path / "own" / "a.ipynb").write_text("mine", encoding="utf-8")
    beside = f"a.{shelf.metadata.version('jobqueue-kit')}.ipynb"
    assert ship(a="2") == ship(a="3") == [beside]
    assert own() == {"a.ipynb": "mine", beside: "3"}  # nobody had touched the one before
    (tmp_path / "own" / beside).write_text("mine as well", encoding="utf-8")
    another = beside.replace(".ipynb", ".2.ipynb")
    assert ship(a="4") == ship(a="5") == [another]
    assert own() == {"a.ipynb": "mine", beside: "mine as well", another: "5"}
    assert ship() == []


def test_without_its_notes_every_file_that_differs_counts_as_changed(ship, own, tmp_path):
    ship(a="1", b="1")
    (tmp_path / "own" / ".course.json").write_text("{", encoding="utf-8")
    assert len(ship(a="2")) == 1
    assert own()["a.ipynb"] == "1"


def test_what_was_deleted_comes_back(ship, own, tmp_path):
    ship(a="1")
    (tmp_path / "own" / "a.ipynb").unlink()
    ship()
    assert own() == {"a.ipynb": "1"}


def test_files_of_the_learners_that_the_course_has_not_are_left_alone(ship, own, tmp_path):
    ship(a="1")
    (tmp_path / "own" / "votes.json").write_text("{}", encoding="utf-8")
    (tmp_path / "own" / "my-own.ipynb").write_text("mine", encoding="utf-8")
    ship(a="2")
    assert own() == {"a.ipynb": "2", "votes.json": "{}", "my-own.ipynb": "mine"}


def test_a_lesson_put_back_is_as_shipped_and_each_of_the_learners_versions_stays(ship, own, tmp_path):
    ship(a="1", s="1")
    folder, installed = tmp_path / "own", tmp_path / "installed"
    for mine in ("mine", "mine again"):
        (folder / "a.ipynb").write_text(mine, encoding="utf-8")
        put_back(folder, installed, "a.ipynb")
    assert put_back(folder, installed, "a.ipynb") is None  # it's as shipped already
    assert own() == {
        "a.ipynb": "1",
        "a.mine.ipynb": "mine",
        "a.mine.2.ipynb": "mine again",
        "solutions/s.ipynb": "1",
    }
    assert ship(a="2") == []  # it counts as unchanged, so its next version replaces it
    assert own()["a.ipynb"] == "2"


def test_a_lesson_that_was_deleted_is_put_back(ship, own, tmp_path):
    ship(a="1")
    (tmp_path / "own" / "a.ipynb").unlink()
    assert put_back(tmp_path / "own", tmp_path / "installed", "a.ipynb") is None
    assert own() == {"a.ipynb": "1"}


@pytest.mark.parametrize("word", ["3", "03", "03-reaper", "03-reaper.ipynb"])
def test_a_lesson_is_named_by_its_number_or_its_file(word):
    assert lessons(course(), word) == ["03-reaper.ipynb"]
    assert lessons(course(), f"solutions/{word}") == ["solutions/03-reaper.ipynb"]


def test_words_that_name_no_lesson_name_none():
    assert lessons(course(), "control-room") == ["control-room.ipynb"]
    assert [lessons(course(), word) for word in ("99", "0", "reaper", "", "/", "../03")] == [
        [],
        ["00-start-here.ipynb"],
        [],
        [],
        [],
        [],
    ]
