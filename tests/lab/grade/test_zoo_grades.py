"""Every animal of the zoo, submitted as a learner's answer, gets the grade of its idea."""

from collections import defaultdict

import pytest
from check.animals import ANIMALS
from check.animals import name as name_of
from grade_steps import cells_of, expected, grade, write_notebook


@pytest.mark.slow
@pytest.mark.timeout(1_500)
def test_every_animal_gets_the_grade_of_its_idea(tmp_path):
    """A notebook holds one animal of each kind, because starting a kernel takes longer than most checks."""
    kinds = defaultdict(list)
    for path in ANIMALS:
        kinds[path.parent.name].append(path)
    notebooks = [[some[at] for some in kinds.values() if at < len(some)] for at in range(max(map(len, kinds.values())))]
    for number, paths in enumerate(notebooks):
        write_notebook(tmp_path / "zoo" / f"{number}.ipynb", *cells_of(*paths))
    rows, _ = grade(tmp_path / "zoo", timeout=1_400)
    wrong = {}
    for number, paths in enumerate(notebooks):
        for path in paths:
            row = rows[f"{number}", path.parent.name]
            if (row["result"], row["failure"], row["bug"]) != expected(path):
                wrong[name_of(path)] = row
    assert wrong == {}
