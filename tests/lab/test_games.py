"""The games of the site in a notebook, and the page that says what to do in each."""

import re

import pytest

from jobqueue.errors import BadSetting
from jobqueue.lab import games
from jobqueue.lab.course.shelf import CHECKOUT

PAGE = (CHECKOUT / "play.md").read_text(encoding="utf-8")


def test_the_page_has_the_task_of_each_game_and_a_link_to_its_lesson():
    _, *sections = PAGE.split("\n## ")
    assert len(sections) == len(games.GAMES)
    for game, section in zip(games.GAMES, sections, strict=True):
        assert f'games.play("{game.name}")' in section and f"({game.lesson}.ipynb)" in section


@pytest.mark.parametrize("game", games.GAMES, ids=lambda game: game.name)
async def test_a_game_can_be_played_in_a_notebook(game):
    panel = await games.play(game.name).start()
    assert {choice.lane for choice in panel.position.choices} == set(game.scenario.programs)
    first = panel.position.choices[0]
    await panel.choose(first)
    assert panel.choices == [first]


def test_a_game_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(BadSetting, match="no game 'chess'; the games are reaper, last-place"):
        games.play("chess")


def test_each_link_from_a_lesson_leads_to_a_heading():
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.*)", PAGE, re.M)
    }
    links = [
        link
        for path in sorted(CHECKOUT.glob("[0-9]*.ipynb"))
        for link in re.findall(r"\(play\.md#([\w-]+)\)", path.read_text(encoding="utf-8"))
    ]
    assert len(links) == 4 and set(links) == headings
