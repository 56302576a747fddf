"""Lesson 13's tools: a learner's adapter, tried, and replaced by a working one until it works."""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pandas

from jobqueue.errors import BadSetting
from jobqueue.lab.interrogate import QUESTIONS, Answer, Peer, ask, find
from jobqueue.printable import escape_html

#: Lines of an adapter. A longer one is a queue of its own.
MOST_LINES = 60

#: The functions that it must have.
NEEDED = {
    "enqueue": "enqueue(job), which makes sure that do(*job.args) runs some time",
    "work": "work(), a worker that never returns",
}

#: The adapter for learners who are stuck.
WORKING = Path(__file__).parents[1] / "solutions" / "ask_tiny.py"


def adapter(name: str, text: str) -> Peer:
    """The peer of an adapter's text, which gets a file of its own. Raises BadSetting if it's no Python."""
    folder = Path(tempfile.mkdtemp(prefix="jqa-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / f"ask_{name}.py"
    path.write_text(text, encoding="utf-8")
    return find(path)


async def admit(text: str, name: str = "tiny") -> Peer:
    """Your adapter, if a worker runs a thousand jobs that went through it. Else a working one. It prints which."""
    try:
        peer = await _try(name, text)
    except BadSetting as error:
        print(f"✗ not yet: {error}")
        print(f"From here on, this notebook asks {name} through another adapter, so that you can go on.")
        return find(WORKING)
    print(f"✓ Yours works, in {_lines(text)} lines. From here on, this notebook asks through it.")
    return peer


async def _try(name: str, text: str) -> Peer:
    if not isinstance(text, str):
        raise BadSetting(f"an adapter is a text, not {text!r:.40}")
    if (lines := _lines(text)) > MOST_LINES:
        raise BadSetting(f"it has {lines} lines, and an adapter has {MOST_LINES} at most")
    peer = adapter(name, text)
    for function, description in NEEDED.items():
        if function not in peer.functions:
            raise BadSetting(f"it has no {description}")
    try:
        [answer] = await ask(peer, "flood", settings="default")
    except msgspec.ValidationError:  # the job noted something else as its id
        raise BadSetting("it must call do(*job.args), but do got something else") from None
    if answer.word not in ("no", "refused"):
        raise BadSetting(f"one job runs, but of a thousand: {answer.detail}")
    return peer


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


class AnswerTable(pandas.DataFrame):  # type: ignore[misc]
    """Answers, with one row per question and one column per peer. A notebook shows each question above its answers."""

    @property
    def _constructor(self) -> type["AnswerTable"]:
        return AnswerTable  # of some rows, too

    def _repr_html_(self) -> str:
        if not set(self.index) <= set(QUESTIONS):  # it's been turned round, say
            return super()._repr_html_() or ""
        left = 'style="text-align: left; vertical-align: top"'
        rows = [f"<tr><th></th>{_tagged('th', left, self.columns)}</tr>"]
        for name, words in zip(self.index, self.to_numpy(), strict=True):
            asks = f'<td {left} colspan="{len(self.columns)}"><em>{escape_html(QUESTIONS[name].asks)}</em></td>'
            rows.append(f'<tr><th {left} rowspan="2">{name}</th>{asks}</tr><tr>{_tagged("td", left, words)}</tr>')
        return f"<table>{''.join(rows)}</table>"


def _tagged(tag: str, style: str, words: Iterable[object]) -> str:
    return "".join(f"<{tag} {style}>{escape_html(str(word))}</{tag}>" for word in words)


def matrix(answers: list[Answer], tuned: bool = False) -> AnswerTable:
    """The answers of the peers as they come, or, if `tuned`, as their documentation recommends."""
    cells: dict[str, dict[str, str]] = {name: {} for name in QUESTIONS}
    for answer in answers:
        if bool(answer.settings) == tuned or not answer.measured:
            cell = answer.summary if answer.measured else f"not measured: {answer.documented}"
            cells[answer.question][answer.peer] = cell
    return AnswerTable(pandas.DataFrame.from_dict(cells, orient="index").fillna("–").sort_index(axis=1))


def at_hand(*names: str) -> list[Peer]:
    """Those peers that have an environment here. If there are none, it's this kit, which needs none."""
    peers = [find(name) for name in names]
    for peer in peers:
        if not peer.is_set_up:
            print(f"{peer.name} has no environment here. In a terminal: jobqueue interrogate --setup {peer.name}")
    return [peer for peer in peers if peer.is_set_up] or [find("jobqueue")]


async def confront(peers: list[Peer], question: str, within: float, settings: str = "default") -> list[Answer]:
    """Put a question to all of them at once. `settings` as for `ask`."""
    running = [ask(peer, question, within=within, settings=settings) for peer in peers]
    return [answer for answers in await asyncio.gather(*running) for answer in answers]
