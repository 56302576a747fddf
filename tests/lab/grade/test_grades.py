"""`jobqueue grade`: each learner and exercise gets a row, and only a function that passes its checker passes."""

import csv
import json
import os

import pytest

from check.animals import ZOO
from grade_steps import cells_of, expected, grade, write_notebook
from jobqueue.lab.check import catalogue
from jobqueue.lab.grade.grades import NOT_PASSED, NOT_RUN, PASSED, Grade, complete, write_csv
from jobqueue.lab.grade.submissions import submissions

WRONG, RIGHT = ZOO / "pick" / "wrong_strict_priority.py", ZOO / "pick" / "right_deadlines.py"
SAMPLE = [
    WRONG,
    ZOO / "orphans" / "wrong_seconds.py",
    ZOO / "backoff" / "wrong_no_jitter.py",
    ZOO / "weights" / "right_race.py",
]

#: A notebook that says it has passed, in each way that needs no thought.
BOASTS = """
import jobqueue.lab.check.verdict as verdict
from jobqueue.lab import check
verdict.Verdict.ok = check.PASSED = True
check.pick = lambda function: verdict.Verdict("pick", True)
print("✓ check.pick: passed")
"""

CASES = {
    "boasts": ("not passed", ""),
    "helped": ("not run", "pick: it's the kit's own"),
    "mistyped": ("not run", "cell 1: SyntaxError: "),
    "rambles": ("not run", "cell 1: ValueError: so long"),
    "quits": ("not run", "cell 1: it ended the kernel"),
    "empty": ("not run", "no check of an exercise in it"),
    "prose": ("not run", "no notebook that can be read: JSONDecodeError: "),
    "borrows": ("not passed", ""),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class's notebooks, graded: the rows of the CSV, what was printed, and the folder with all files."""
    home = tmp_path_factory.mktemp("class")
    folder, check = home / "submitted", "await check.pick(pick)"
    write_notebook(folder / "ada" / "some.ipynb", *cells_of(*SAMPLE))
    wrong = WRONG.read_text(encoding="utf-8")
    write_notebook(folder / "boasts.ipynb", wrong, BOASTS, check)
    write_notebook(folder / "helped" / "07-priority-and-aging.ipynb", "from jobqueue.lab.solutions import pick", check)
    write_notebook(folder / "mistyped-07-priority-and-aging.ipynb", "def pick(heads:\n    return 1", check)
    rambling = "raise ValueError('so long' * 10**6 + '\\nand' * 10**6)\ndef pick(heads): ..."
    write_notebook(folder / "rambles.ipynb", rambling, check)
    write_notebook(folder / "quits.ipynb", "import os\nos._exit(0)", wrong, check)
    write_notebook(folder / "empty.ipynb")
    write_notebook(folder / "borrows" / "deep" / "mine.ipynb", "from mine import pick", check)
    (folder / "borrows" / "deep" / "mine.py").write_text(wrong, encoding="utf-8")
    os.mkfifo(folder / "borrows" / "deep" / "pipe.py")
    (folder / "prose.ipynb").write_text("dear teacher", encoding="utf-8")
    rows, printed = grade(folder, f"--nbgrader={home / 'nbgrader.csv'}", f"--otter={home / 'otter'}")
    return rows, printed, home


@pytest.mark.slow
@pytest.mark.parametrize("learner", CASES)
def test_a_learners_row_says_what_became_of_the_exercise(graded, learner):
    result, error = CASES[learner]
    row = graded[0][learner, "pick"]
    assert row["result"] == result
    assert row["error"].startswith(error) and bool(row["error"]) == bool(error)
    assert "\n" not in row["error"] and len(row["error"]) < 300


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_an_animal_gets_the_grade_of_its_idea(graded, path):
    row = graded[0]["ada", path.parent.name]
    assert (row["result"], row["failure"], row["bug"]) == expected(path)
    assert float(row["seconds"]) > 0


@pytest.mark.slow
def test_a_learner_without_a_notebook_for_an_exercise_has_not_run_it(graded):
    row = graded[0]["boasts", "weights"]
    assert (row["result"], row["error"]) == ("not run", "no notebook with this exercise")


@pytest.mark.slow
def test_the_table_names_the_failures(graded):
    assert all(catalogue.name(expected(path)[1]) in graded[1] for path in SAMPLE)
    assert "learners: 9" in graded[1]


@pytest.mark.slow
def test_nbgraders_columns_hold_a_point_for_each_pass(graded):
    with (graded[2] / "nbgrader.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["student_id"] == "ada"]
    assert list(rows[0])[:4] == ["assignment", "duedate", "timestamp", "student_id"]
    scores = {row["assignment"]: (row["raw_score"], row["score"], row["max_score"]) for row in rows}
    assert scores["08-weights"] == ("1.0", "1.0", "1.0")
    assert scores["07-priority-and-aging"] == ("0.0", "0.0", "1.0")


@pytest.mark.slow
def test_otters_results_have_a_test_for_each_exercise(graded):
    results = json.loads((graded[2] / "otter" / "ada.json").read_text(encoding="utf-8"))
    assert results["score"] == 1.0
    assert {test["name"]: test["status"] for test in results["tests"]}["08-weights · weights"] == "passed"
    assert all(test.keys() >= {"name", "score", "max_score", "visibility", "output"} for test in results["tests"])


def test_the_better_of_two_notebooks_counts():
    grades = [Grade("ada", "pick", NOT_RUN), Grade("ada", "pick", PASSED), Grade("ada", "pick", NOT_PASSED)]
    assert complete(grades) == [Grade("ada", "pick", PASSED)]


def test_no_cell_of_the_csv_is_a_formula(tmp_path):
    write_csv([Grade("=HYPERLINK(1)", "pick", NOT_RUN, error="@a\x1b[2J")], tmp_path / "g.csv")
    [row] = csv.DictReader((tmp_path / "g.csv").read_text(encoding="utf-8").splitlines())
    assert (row["learner"], row["error"]) == ("'=HYPERLINK(1)", "'@a\\x1b[2J")


def test_a_notebook_is_run_as_far_as_the_last_version_of_a_function_is_checked(tmp_path):
    kept = "pick = await carry_on(check.pick(pick))"
    cells = ["def pick(heads): ...", "await check.pick(pick)", kept, "def pick(heads): return 1", "1 / 0", kept, "2"]
    write_notebook(tmp_path / "a.ipynb", *cells)
    [submission] = submissions(tmp_path)
    [exercise] = submission.exercises
    assert (exercise.stop, exercise.cells) == (5, (0, 3))


def test_the_courses_lessons_have_the_exercises_that_they_check():
    from jobqueue.lab.course.shelf import course

    exercises = {one.path.rpartition("/")[2][:2]: len(one.exercises) for one in submissions(course())}
    assert [number for number, count in sorted(exercises.items()) if count] == [
        "01",
        "02",
        "03",
        "04",
        "05",
        *["07", "08", "09", "10"],
    ]
