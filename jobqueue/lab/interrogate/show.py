"""`jobqueue interrogate`: the answers as a table in a terminal or as JSON, and a list of queues and questions."""

import argparse
import asyncio
import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jobqueue.lab.interrogate.answer import Answer, load
from jobqueue.lab.interrogate.ask import asking
from jobqueue.lab.interrogate.peer import Peer, find, known
from jobqueue.lab.interrogate.question import QUESTIONS
from jobqueue.printable import printable, printable_json

console = Console(highlight=False)


def interrogate(arguments: argparse.Namespace) -> int:
    """Carry out the command, as cli/words.py parsed it; returns the exit code."""
    peers = [find(name) for name in arguments.peers]
    if arguments.list or not (peers or arguments.stored):
        return _list()
    if arguments.setup:
        for peer in peers:
            _set_up(peer)
        return 0
    if arguments.stored:
        names = {peer.name for peer in peers} or set(known())
        answers = [answer for answer in load() if answer.peer in names]
    else:
        answers = asyncio.run(_ask(peers, arguments))
    if arguments.json:
        print(printable_json(answers, sys.stdout.encoding))
    elif arguments.stored and not peers:
        console.print(matrix(answers), "", _asked())
    else:
        for peer in peers:
            own = [answer for answer in answers if answer.peer == peer.name]
            if not own:
                reason = "no stored answer" if arguments.stored else "its adapter has no TUNED for any of these"
                print(printable(f"{peer.name}: {reason}"))
            _show(own, arguments.evidence)
    return 0


async def _ask(peers: list[Peer], arguments: argparse.Namespace) -> list[Answer]:
    answers = []
    questions = [name.strip() for name in arguments.ask.split(",")] if arguments.ask else list(QUESTIONS)
    for peer in peers:
        if not peer.is_set_up:
            await asyncio.to_thread(_set_up, peer)
        with Console(stderr=True).status(f"{peer.name}: {questions[0]}") as status:
            async for answer in asking(peer, questions, arguments.trials, arguments.within, arguments.settings):
                answers.append(answer)
                status.update(f"{peer.name}: {answer.question}: {answer.summary}")
    return answers


def _set_up(peer: Peer) -> None:
    with Console(stderr=True).status(f"an environment for {peer.name}: {escape(', '.join(peer.requires))}"):
        peer.set_up()
    versions = ", ".join(f"{name} {version}" for name, version in peer.versions.items())
    if peer.requires:
        print(printable(f"{peer.name} is set up: {versions}, at {peer.folder}"))
    else:
        print(f"{peer.name} needs no environment: it runs with this Python")


def _list() -> int:
    peers = Table("peer", "versions", "set up", box=None)
    for peer in map(find, known()):
        peers.add_row(peer.name, escape(", ".join(peer.requires)) or "this Python's", "yes" if peer.is_set_up else "no")
    console.print(peers, "", _asked())
    return 0


def _asked() -> Table:
    """The questions by name, in words."""
    questions = Table("question", "", box=None)
    for one in QUESTIONS.values():
        questions.add_row(one.name, one.asks)
    return questions


def _show(answers: list[Answer], evidence: bool) -> None:
    """All answers of one peer."""
    if not answers:
        return
    console.print(f"[bold]{_title(answers)}")
    table, before = Table("question", "settings", "answer", "measured"), ""
    for answer in answers:
        detail = escape(printable(answer.detail))
        if answer.documented:
            documented = escape(printable(answer.documented))
            detail = f"{detail}\n[dim]{'documented, ' * answer.measured}not measured: {documented}[/]".lstrip("\n")
        asks = f"[bold]{answer.question}[/]\n{QUESTIONS[answer.question].asks}"
        again = table.rows and answer.question == before
        table.add_row("" if again else asks, answer.setting, f"[bold]{answer.summary}[/]", detail)
        before = answer.question
    console.print(table)
    if evidence:
        for answer in answers:
            for number, trial in enumerate(answer.trials, 1):
                console.print(f"\n[bold]{answer.question}[/], {answer.setting}, trial {number}: {trial.word}")
                console.print("\n".join(map(printable, trial.evidence)), markup=False)


def _title(answers: list[Answer]) -> str:
    first = answers[0]
    versions = ", ".join(f"{name} {version}" for name, version in first.versions.items())
    trials = max(len(answer.trials) for answer in answers)
    server = next((answer.server for answer in answers if answer.server), "")
    count = "1 trial" if trials == 1 else f"up to {trials} trials"
    where = " on ".join(filter(None, (versions, server))) or "not asked anything"
    return f"{first.peer}: {where}, {count} each, asked on {first.asked_on}"


def matrix(answers: list[Answer]) -> Table:
    """A table with one row per question and one column per peer: as it comes, and below it as documentation advises."""
    peers = sorted({answer.peer for answer in answers})
    table = Table("", *peers)
    for name, question in QUESTIONS.items():
        cells = []
        for peer in peers:
            own = [answer for answer in answers if (answer.peer, answer.question) == (peer, name)]
            own.sort(key=lambda answer: bool(answer.settings))
            cells.append("\n".join(f"[dim]set:[/] {one.summary}" if one.settings else one.summary for one in own))
        table.add_row(question.name, *cells)
        table.add_section()
    return table
