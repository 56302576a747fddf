"""Every animal of the zoo, submitted as a learner's answer, gets the grade of its idea."""

from collections import defaultdict

import pytest

from check.animals import ANIMALS
from check.animals import name as name_of
from grade_steps import cells_of, expected, grade, write_notebook


def kinds():
    """The animals by the checker that they're for."""
    result = defaultdict(list)
    for path in ANIMALS:
        result[path.parent.name].append(path)
    return result.values()


def grade_wrongly(folder, notebooks, **options):
    """The animals in these notebooks that don't get the grade of their idea, and the one that they get.

    A notebook holds one animal of each kind, because starting a kernel takes longer than most checks.
    """
    for number, paths in enumerate(notebooks):
        write_notebook(folder / f"{number}.ipynb", *cells_of(*paths))
    rows, _ = grade(folder, **options)
    animals = [(path, rows[f"{number}", path.parent.name]) for number, paths in enumerate(notebooks) for path in paths]
    return {
        name_of(path): row for path, row in animals if (row["result"], row["failure"], row["bug"]) != expected(path)
    }


@pytest.mark.slow
def test_some_animals_of_each_kind_get_the_grade_of_their_idea(tmp_path):
    notebooks = [[some[at] for some in kinds()] for at in (0, 12, 24, -1)]
    assert grade_wrongly(tmp_path / "zoo", notebooks) == {}


@pytest.mark.long
@pytest.mark.timeout(2_400)
def test_every_animal_gets_the_grade_of_its_idea(tmp_path):
    most = max(map(len, kinds()))
    notebooks = [[some[at] for some in kinds() if at < len(some)] for at in range(most)]
    assert grade_wrongly(tmp_path / "zoo", notebooks, timeout=2_300) == {}
