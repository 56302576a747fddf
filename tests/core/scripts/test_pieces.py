"""Each Lua script names the shared pieces that it uses, and explains the keys and arguments that it's given."""

import re

import pytest

from jobqueue.lab.recording.look import SCRIPT as LOOK
from jobqueue.scripts import PIECES, SCRIPTS, Script

SOURCES = {name: script.source for name, script in {**SCRIPTS, "look": LOOK}.items()}


def included(source):
    return " ".join(re.findall(r"^-- @include (.+)$", source, re.MULTILINE)).split()


def code(source):
    """Its text without comments."""
    return re.sub(r"--.*", "", source)


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_is_named_after_the_function_it_holds(name):
    assert re.findall(r"^local function (\w+)\(", PIECES[name], re.MULTILINE) == [name]


@pytest.mark.parametrize("name", [*SOURCES, *(f"lib/{piece}" for piece in PIECES)])
def test_a_script_includes_the_pieces_it_calls_and_no_other(name):
    source = SOURCES.get(name) or PIECES[name.removeprefix("lib/")]
    own = name.removeprefix("lib/") if name not in SOURCES else ""
    called = {piece for piece in PIECES if piece != own and re.search(rf"(?<![.\w']){piece}[(,]", code(source))}
    assert sorted(included(source)) == sorted(called)


def test_a_piece_stands_once_in_a_script_and_after_those_it_includes():
    for script in SCRIPTS.values():
        names = re.findall(r"^local function (\w+)\(", script.text, re.MULTILINE)
        assert len(names) == len(set(names))
        for place, piece in enumerate(script.pieces):
            assert set(included(PIECES[piece])) <= set(list(script.pieces)[:place])


def test_a_script_that_includes_what_is_not_there_says_so():
    with pytest.raises(ValueError, match=r"includes 'holdss', but there's no lua/lib/holdss\.lua"):
        Script("typo", "#!lua\n-- KEYS\n-- ARGV\n-- @include holdss\nreturn 1", PIECES, {})


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("kind", ["KEYS", "ARGV"])
def test_a_header_explains_each_name_and_the_script_uses_it(name, kind):
    fixed, group = getattr(SCRIPTS[name], "keys" if kind == "KEYS" else "args")
    [legend] = re.findall(rf"^-- {kind}.*\n((?:--   .*\n)*)", SCRIPTS[name].source, re.MULTILINE)
    words = re.findall(r"\w+", legend)
    assert [one for one in fixed + group if one not in words] == []
    text = code("\n".join((*SCRIPTS[name].pieces.values(), SCRIPTS[name].source)))
    assert [one for one in fixed if not re.search(rf"\b{one}\b", text)] == []


def test_names_and_groups_are_the_keys_and_arguments_in_the_headers_order():
    script = Script("many", "#!lua\n-- KEYS a (b c)*\n-- ARGV d (e)*\nreturn 1", PIECES, {})
    assert script.text.splitlines()[1:5] == [
        "local a = unpack(KEYS, 1, 1)",
        "local d = unpack(ARGV, 1, 1)",
        "local GROUPS = (#ARGV - 1) / 1",
        "local function group(i) return KEYS[2 * i + 0], KEYS[2 * i + 1], ARGV[1 * i + 1] end",
    ]
