"""Lesson 10's own: a learner's adapter, written down, tried, and replaced by a working one until it is there."""

import asyncio
import atexit
import shutil
import tempfile
from pathlib import Path

import msgspec
import pandas

from jobqueue.errors import BadSetting
from jobqueue.lab.interrogate import QUESTIONS, Answer, Peer, ask, find

#: An adapter is short, or it is a queue of its own.
MOST_LINES = 60

#: What it has to have.
NEEDED = {"enqueue": "enqueue(job), which has do(*job.args) run some time", "work": "work(), a worker, for ever"}

#: The adapter of who is stuck.
WORKING = Path(__file__).parent / "solutions" / "ask_tiny.py"


def adapter(name: str, text: str) -> Peer:
    """The queue that an adapter's text asks for, in a file of its own. Raises BadSetting if it is no Python."""
    folder = Path(tempfile.mkdtemp(prefix="jqa-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / f"ask_{name}.py"
    path.write_text(text)
    return find(path)


async def admit(text: str, name: str = "tiny") -> Peer:
    """Your adapter if a job goes through it, a thousand, and a worker runs them; else a working one. Says which."""
    try:
        peer = await _tried(name, text)
    except BadSetting as error:
        print(f"✗ not yet: {error}")
        print(f"From here on, this notebook asks {name} through another adapter, so that you can go on.")
        return find(WORKING)
    print(f"✓ Yours answers, in {_lines(text)} lines: from here on, this notebook asks through it.")
    return peer


async def _tried(name: str, text: str) -> Peer:
    if not isinstance(text, str):
        raise BadSetting(f"an adapter is a text, and not {text!r:.40}")
    if (lines := _lines(text)) > MOST_LINES:
        raise BadSetting(f"{lines} lines; an adapter has {MOST_LINES} at most")
    peer = adapter(name, text)
    for function, meant in NEEDED.items():
        if function not in peer.functions:
            raise BadSetting(f"it has no {meant}")
    try:
        [answer] = await ask(peer, "flood", settings="default")
    except msgspec.ValidationError:  # what the job wrote down as its id is none
        raise BadSetting("do was called with something else than do(*job.args)") from None
    if answer.word not in ("no", "refused"):
        raise BadSetting(f"a job runs, but of a thousand: {answer.detail}")
    return peer


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def matrix(answers: list[Answer], tuned: bool = False) -> pandas.DataFrame:
    """A row a question, a column a peer: as it comes, or with what its documentation recommends. `documented:` is
    what was not measured."""
    cells: dict[str, dict[str, str]] = {name: {} for name in QUESTIONS}
    for answer in answers:
        if bool(answer.settings) == tuned or not answer.measured:
            said = answer.said if answer.measured else f"not measured: {answer.documented}"
            cells[answer.question][answer.peer] = said
    return pandas.DataFrame.from_dict(cells, orient="index").fillna("–").sort_index(axis=1)


def at_hand(*names: str) -> list[Peer]:
    """Those of them that have an environment here; this kit, which needs none, where there are none."""
    peers = [find(name) for name in names]
    for peer in peers:
        if not peer.is_set_up:
            print(f"{peer.name} has no environment here. In a terminal: jobqueue interrogate --setup {peer.name}")
    return [peer for peer in peers if peer.is_set_up] or [find("jobqueue")]


async def confront(peers: list[Peer], question: str, within: float, settings: str = "default") -> list[Answer]:
    """Put a question to all of them at once. `settings` as for `ask`."""
    asked = [ask(peer, question, within=within, settings=settings) for peer in peers]
    return [answer for answers in await asyncio.gather(*asked) for answer in answers]
