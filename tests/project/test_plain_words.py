"""What we write can be read by someone whose second language is English. This holds the rules that can be counted.

Sentences are short, talk to the reader and use contractions. No bookish words, no "who" for "anyone who". A cell prints
values, not True or False. A failure's id stands where it's explained: on a lesson's card, or with a link.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "notebooks").glob("*.md"), *(ROOT / "deploy").glob("*.md")])

LONGEST = 35  # words of a sentence; 20 are better
MEAN = 16

BOOKISH = [
    r"for ever",
    r"anew",
    r"any more(?! \w+(s|ing)\b)",
    r"dearer",
    r"for want of",
    r"but for",
    r"none of ours",
    r"whoever",
    r"whomever",
    r"somebody",
    r"nobody",
    r"beside",
    r"one \w+ more",
    r"thereby",
    r"hence",
    r"whence",
]
LONG_FORMS = (
    r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should) not\b|\bcannot\b"
    r"|\b(it|that|there|what) is\b|\byou (are|will|have)\b"
)
CONTRACTIONS = r"\w(n't|'s|'re|'ll|'ve|'d)\b"


def prose(markdown):
    """The sentences of a text, without code, tables, links' addresses, headings and comments."""
    text = re.sub(r"```.*?```|<!--.*?-->|<[^>]+>", " ", markdown, flags=re.S)
    text = re.sub(r"^ *(\||#|>).*$", ".\n", text, flags=re.M)
    text = re.sub(r"`[^`\n]*`", "code", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^ *(?:[-*]|\d+\.) ", ". ", text, flags=re.M)
    text = re.sub(r"[*_]{1,3}", "", text)
    return [" ".join(one.split()) for one in re.split(r"(?<=[.!?:;])\s+|\n\s*\n", text) if re.search(r"\w \w", one)]


def faults(markdown):
    """What breaks a rule, a line each."""
    sentences = prose(markdown)
    lengths = [len(one.split()) for one in sentences]
    whole = " ".join(sentences)
    for one, length in zip(sentences, lengths, strict=True):
        if length > LONGEST:
            yield f"{length} words: {one}"
        if re.match(r"\W*Who\b[^?]*$", one):
            yield f'"who" for "anyone who": {one}'
        for word in BOOKISH:
            if match := re.search(rf"\b{word}\b", one, re.I):
                yield f"{match[0]!r}: {one}"
    if lengths and sum(lengths) / len(lengths) > MEAN:
        yield f"{sum(lengths) / len(lengths):.1f} words per sentence on average"
    long, short = (len(re.findall(pattern, whole, re.I)) for pattern in (LONG_FORMS, CONTRACTIONS))
    if long > max(short, 2):
        yield f"{long} long forms, {short} contractions"


def notebook_faults(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    card, *texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    card = re.sub(r"^Failures? on stage: .*", "", card, flags=re.M)  # by their titles in the catalogue
    yield from faults("\n\n".join([card, *texts]))
    for text in texts:
        for line in text.splitlines():
            if re.search(r"\bF\d\d\b", line) and "](" not in line:
                yield f"an id without a link: {line}"
    for cell in cells:
        for output in cell.get("outputs", []):
            for line in "".join(output.get("text", [])).splitlines():
                if re.search(r"\b(True|False)\b", line):
                    yield f"a boolean is printed: {line}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_is_plainly_written(path):
    assert list(notebook_faults(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_plainly_written(path):
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Who waits sinks.", 1),
        ("Who waits?", 0),
        ("It stays there for ever.", 1),
        ("`for ever` is code, as in\n```\nfor ever\n```\n", 0),
        ("- One thing\n- another thing\n", 0),
        ("This sentence " + "goes on and " * 18 + "ends.", 2),
        ("It does not wait. " * 30, 1),
        ("It doesn't wait. " * 30, 0),
    ],
)
def test_a_rule_notices(text, number):
    assert len(list(faults(text))) == number
