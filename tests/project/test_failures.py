"""The catalogue of failures is whole: an id leads to its entry, its lines and its tests, and a line to its entry."""

import ast
import io
import re
import tokenize
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "notebooks" / "failures.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "notebooks" / "glossary.md").read_text(encoding="utf-8")

PARTS = ["Trigger", "You see", "Evidence", "Cause", "Fix", "Seen in", "In the kit"]
ENTRIES = {
    failure: (title, body)
    for failure, title, body in re.findall(r"^### (F\d\d) · (.+)\n\n((?:- .+\n)+)", PAGE, re.MULTILINE)
}

NAMES = r"(?:`[^`]+`, )*`[^`]+`"
PLACE = rf"`[^`]+/[^`]+`(?: \({NAMES}\))?"  # a file, and the functions in it
KIT = [
    rf"(?:prevented|bounded) by ((?:{PLACE}, )*{PLACE}); tested in ({NAMES})\.",
    r"documented in (`[^`]+`): \S.*\.",
    r"left to you: \S.*\.",
    r"absent: \S.*\.",
]

#: An id of the catalogue, and not a colour such as #F00.
ID = re.compile(r"(?<![#\w])F\d\d(?!\w)")


def part(failure, label):
    [text] = re.findall(rf"^- \*\*{label}:\*\* (.+)$", ENTRIES[failure][1], re.MULTILINE)
    return text


def texts():
    """Each file that may name a failure, and its text; of a notebook its cells, because outputs hold other people's."""
    for folder in ("jobqueue", "notebooks", "tests", "benchmarks", ".github"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".lua", ".md") and path != Path(__file__):
                yield path, path.read_text(encoding="utf-8")
            elif path.suffix == ".ipynb" and ".ipynb_checkpoints" not in path.parts:
                yield path, "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    for path in ROOT.glob("*.md"):
        yield path, path.read_text(encoding="utf-8")


def test_it_has_each_id_once():
    headings = re.findall(r"^### (\S+)", PAGE, re.MULTILINE)
    assert sorted(headings) == [f"F{number:02}" for number in range(1, 69)]
    assert set(headings) == ENTRIES.keys()


def test_every_id_that_is_named_anywhere_has_an_entry():
    named = {(failure, str(path.relative_to(ROOT))) for path, text in texts() for failure in ID.findall(text)}
    assert len({failure for failure, path in named if path != "notebooks/failures.md"}) > 30
    assert {pair for pair in named if pair[0] not in ENTRIES} == set()


@pytest.mark.parametrize("failure", ENTRIES)
def test_an_entry_has_all_its_parts(failure):
    assert re.findall(r"^- \*\*(.+?):\*\* \S", ENTRIES[failure][1], re.MULTILINE) == PARTS
    assert f'<a id="{failure.lower()}"></a>\n\n### {failure} · ' in PAGE


@pytest.mark.parametrize("failure", ENTRIES)
def test_what_the_kit_does_about_it_is_one_of_five_and_its_files_exist(failure):
    line = part(failure, "In the kit")
    [match] = [match for pattern in KIT if (match := re.match(pattern, line))]
    files = [name for group in match.groups() for name in re.findall("`([^`]+/[^`]+)`", group)]
    assert [name for name in files if not (ROOT / name).is_file()] == []
    if match.re.groups == 2:
        lines, tests = match.groups()
        assert all(name.startswith("jobqueue/") for name in re.findall("`([^`]+/[^`]+)`", lines))
        assert all(re.fullmatch(r"tests/(.+/)?test_\w+\.py", name) for name in re.findall("`([^`]+)`", tests))


def test_each_lesson_that_shows_a_failure_is_named_in_the_glossary_and_here():
    rows = re.findall(r"^\| (F\d\d) \| \[(.+)\]\(failures\.md#(f\d\d)\) \| ([\d, ]+) \|$", GLOSSARY, re.MULTILINE)
    assert [(failure.lower(), title) for failure, title, _, _ in rows] == [
        (anchor, ENTRIES[failure][0]) for failure, _, anchor, _ in rows
    ]
    shown = {failure: re.findall(r"\d\d", lessons) for failure, _, _, lessons in rows}
    for failure in ENTRIES:
        here = re.search(r" Shown in lessons? ((?:\d\d(?:, | and )?)+)\.", part(failure, "In the kit"))
        assert (re.findall(r"\d\d", here[1]) if here else []) == shown.get(failure, []), failure


def test_links_are_well_formed():
    links = re.findall(r"\[([^\]]+)\]\(([^)]+)\)", PAGE)
    assert len(links) > 150
    assert PAGE.count("](") == len(links)
    for text, target in links:
        if target.startswith("#"):
            assert f'<a id="{target[1:]}"></a>' in PAGE, target
        elif re.search(r"#\d+$", text):
            owner, repository, number = re.fullmatch(
                r"https://github\.com/([\w.-]+)/([\w.-]+)/(?:issues|pull)/(\d+)", target
            ).groups()
            assert text in (f"{repository}#{number}", f"{owner}/{repository}#{number}"), text
        elif not target.startswith("https://"):
            assert (ROOT / "notebooks" / target).is_file(), target


# From an id to the lines that prevent it, and back. A guard is a comment in the core that opens with ids: `# F18: …`.

CORE = [
    path
    for path in sorted((ROOT / "jobqueue").rglob("*"))
    if path.suffix in (".py", ".lua") and not {"lab", "explorer"} & set(path.relative_to(ROOT).parts)
]
HEADER = re.compile(r"-- Guards: ((?:F\d\d )+)\(((?:[\w/]+\.py, )*[\w/]+\.py)\)")


def guards(path):
    """(line, id) for each id in a comment of a Python file or a Lua script."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".lua":
        comments = [(number, line.partition("--")[2]) for number, line in enumerate(text.splitlines(), 1)]
    else:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    return [(number, failure) for number, comment in comments for failure in ID.findall(comment)]


def blocks(path):
    """(name, first line, last line) of each function and constant, with the comments right above it."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()

    def block(name, first, last):
        while re.match(r"\s*(#|--|@)", lines[first - 2]):
            first -= 1
        return name, first, last

    if path.suffix == ".lua":
        for match in re.finditer(r"^local function (\w+)(?:.* end$|(?:.*\n)+?end$)", text, re.MULTILINE):
            first = text[: match.start()].count("\n") + 1
            yield block(match[1], first, first + match[0].count("\n"))
        return

    def walk(node, prefix):
        for one in node.body:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                yield block(prefix + one.name, one.lineno, one.end_lineno)
            elif isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
                yield block(prefix + one.targets[0].id, one.lineno, one.end_lineno)
            elif isinstance(one, ast.ClassDef):
                yield from walk(one, f"{one.name}.")

    yield from walk(ast.parse(text), "")


def promised():
    """{(id, file): names} for each file that the catalogue says prevents or bounds a failure."""
    for failure in ENTRIES:
        if match := re.match(KIT[0], part(failure, "In the kit")):
            for file, names in re.findall(r"`([^`]+/[^`]+)`(?: \(([^)]+)\))?", match[1]):
                yield (failure, file), re.findall("`([^`]+)`", names)


def written():
    return {(failure, str(path.relative_to(ROOT))) for path in CORE for _, failure in guards(path)}


def test_an_entry_names_each_file_whose_comments_name_it_and_no_other():
    assert len(written()) > 100
    assert {place for place, _ in promised()} == written()


@pytest.mark.parametrize(("place", "names"), list(promised()), ids=lambda value: "-".join(value))
def test_the_functions_that_an_entry_names_are_where_its_comments_stand(place, names):
    failure, path = place[0], ROOT / place[1]
    if path.suffix == ".lua":
        assert names == []  # a script and a piece of one are short, and a piece is named by its function
        return
    found = [block for name in names for block in blocks(path) if f".{block[0]}".endswith(f".{name}")]
    assert len(found) == len(names) > 0
    at = {number for number, one in guards(path) if one == failure}
    assert all(any(first <= number <= last for number in at) for _, first, last in found), "no comment in a function"
    assert all(any(first <= number <= last for _, first, last in found) for number in at), "a function isn't named"


def proofs(path):
    """The ids in the comments right above the tests of a file: `# F18, F19`."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if re.fullmatch(rf"# {ID.pattern}(, {ID.pattern})*", lines[first - 2]):
                yield from ID.findall(lines[first - 2])


def test_an_entry_names_each_file_in_which_a_comment_above_a_test_names_it_and_no_other():
    kit = {failure: re.match(KIT[0], part(failure, "In the kit")) for failure in ENTRIES}
    named = {(failure, name) for failure, by in kit.items() if by for name in re.findall("`([^`]+)`", by[2])}
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert named == {(failure, str(path.relative_to(ROOT))) for path in tests for failure in proofs(path)}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_an_id_stands_only_in_a_comment_that_says_why_or_in_a_header(path):
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not HEADER.fullmatch(line)]
    why = re.compile(rf"({ID.pattern}(?:, {ID.pattern})*): \S")
    ids = [failure for line in lines for failure in ID.findall(line)]
    assert ids == [failure for line in lines for some in why.findall(line) for failure in ID.findall(some)]
    assert len(ID.findall(text)) == len(guards(path))


@pytest.mark.parametrize("path", [path for path in CORE if path.suffix == ".lua"], ids=lambda path: path.stem)
def test_a_scripts_header_names_the_failures_it_prevents_and_a_test_of_each(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    headers = [HEADER.fullmatch(line) for line in lines if "Guards" in line]
    assert all(headers)
    listed = [failure for header in headers for failure in header[1].split()]
    assert len(listed) == len(set(listed))
    if path.parent.name != "lib":  # a piece has no header, but a comment
        assert set(listed) == {failure for _, failure in guards(path)}
    for header in headers:
        for failure in header[1].split():
            tests = re.match(KIT[0], part(failure, "In the kit"))[2]
            assert set(header[2].split(", ")) <= set(re.findall("`([^`]+)`", tests)), failure
