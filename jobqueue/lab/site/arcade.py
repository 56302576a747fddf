"""The pages of the games: the explorer's own page of all states, with a task, and its hints put away until the end."""

import asyncio
import json
import re
from pathlib import Path

from jobqueue.explorer import Report, explore
from jobqueue.lab.course.shelf import CHECKOUT
from jobqueue.lab.site.addresses import Addresses
from jobqueue.lab.site.games import GAMES, Game
from jobqueue.lab.site.stage import with_doors
from jobqueue.printable import escape_html as escape

STATIC = Path(__file__).with_name("static")

#: Of notebooks/play.md: how to play anywhere else, and the line that plays a game in a notebook.
ELSEWHERE = re.compile(r"<!-- elsewhere -->.*?<!-- /elsewhere -->", re.S)
LINE = re.compile(r'```python\ngames\.play\("([\w-]+)"\)\n```')

HERE = """Each game is a map of every state that its programs can reach. The explorer ran them all against a real Redis
when this site was built. You need no kernel, and nothing is sent anywhere."""

ICON = '<link rel="icon" href="../_static/favicon.svg">\n'

LOSING = ("lost", "stuck", "duplicated", "overfilled")


def write_games(pages: Path, stage: Path, addresses: Addresses) -> None:
    """Explore each game. Write its page into the folder `pages`, and the page that leads to all into `stage`."""
    pages.mkdir(parents=True)
    words = ELSEWHERE.sub(HERE, (CHECKOUT / "play.md").read_text(encoding="utf-8"))
    sections = [section for section in words.split("\n## ") if LINE.search(section)]
    for game, section in zip(GAMES, sections, strict=True):
        title, task, *_ = section.split("\n\n")
        report = asyncio.run(explore(game.scenario))
        path = pages / f"{game.name}.html"
        report.save(path)
        path.write_text(_as_game(path.read_text(encoding="utf-8"), game, report, title, task), encoding="utf-8")
    page = with_doors(LINE.sub(_entry, words), "notebooks/play.md", addresses)
    (stage / "notebooks" / "play.md").write_text(page, encoding="utf-8")


def _entry(line: re.Match[str]) -> str:
    [game] = [game for game in GAMES if game.name == line[1]]
    link = f'<p class="jq-hero"><a href="../play/{game.name}.html">Play</a></p>'
    return f"{link}\n\n```python\n{game.source.rstrip()}\n```"


def _as_game(html: str, game: Game, report: Report, title: str, task: str) -> str:
    """The explorer's page, with the game's task above it and its script after its own."""
    kinds = [
        {"kind": problem.kind, "by": problem.by, "orders": problem.schedules}
        for problem in report.problems
        if problem.kind in LOSING
    ]
    facts = {"orders": report.schedules, "losing": report.losing, "kinds": kinds, "moral": game.moral}
    words = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
    lesson = f'<a href="../notebooks/{game.lesson}.html">Lesson {game.lesson[:2]}</a>'
    head = (
        f'<section id="game" aria-label="The game"><p class="task">{escape(task)}</p>'
        '<p class="moves"><button id="back">Back one step</button> <button id="again">Start over</button> '
        '<button id="give-up">Show me everything</button> '
        f'<span><a href="../notebooks/play.html">All games</a> · {lesson}</span></p>'
        f'<div id="outcome" role="status"></div>'
        f'<details><summary>The code</summary><pre tabindex="0">{escape(game.source)}</pre></details></section>'
    )
    html = html.replace("<title>", f"{ICON}<style>{_read('game.css')}</style>\n<title>", 1)
    html = html.replace("Every order, step by step", escape(title))
    html = html.replace("<main>", f"{head}\n<main>", 1)
    script = f'<script type="application/json" id="facts">{words}</script>\n<script>{_read("game.js")}</script>'
    return html.replace("</body>", f"{script}\n</body>", 1)


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
