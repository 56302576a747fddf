"""The README's figures: a wrong one is named, and --write puts the measured one in its place."""

import readme
from figures import Figure

TEXT = readme.README.read_text(encoding="utf-8")


def as_the_readme_says():
    """A measurement that gave exactly the README's figures."""
    shown = {}
    for passage in readme.PASSAGES:
        pattern, names = readme.compiled(passage)
        found = pattern.search(TEXT)
        assert found, passage
        shown |= {name: float(text.replace(",", "")) for name, text in zip(names, found.groups(), strict=True)}
    return {
        name: Figure(value, *(shown.get(f"{name}/{end}", value) for end in readme.ENDS))
        for name, value in shown.items()
        if name.rpartition("/")[2] not in readme.ENDS
    }


MEASURED = as_the_readme_says()


def test_a_readme_that_says_what_was_measured_passes():
    assert readme.known(MEASURED) == readme.PASSAGES
    assert list(readme.compare(TEXT, MEASURED)) == []
    assert readme.rewrite(TEXT, MEASURED) == TEXT


def test_each_wrong_figure_is_named_and_then_written():
    for name, figure in MEASURED.items():
        slower = MEASURED | {name: Figure(figure.value / 2, figure.low / 2, figure.value / 2)}
        [complaint] = readme.compare(TEXT, slower)
        assert complaint.startswith(f"{name}: the README says ")
        assert list(readme.compare(readme.rewrite(TEXT, slower), slower)) == []


def test_a_passage_that_has_gone_is_named():
    text = TEXT.replace("An idle worker sends", "A worker without jobs sends")
    assert "An idle worker sends" in next(readme.compare(text, MEASURED))


def test_a_promise_in_words_that_no_longer_holds_is_named():
    late = MEASURED | {"recovery": Figure(1.4, 0.2, 1.4)}
    assert list(readme.compare(TEXT, late)) == [
        "recovery: the README says that it runs again within one second after the lease, and 1.40 was measured (≤ 1.0)"
    ]
