"""Ask every queue every question, and keep the answers that come with the kit. It takes hours, mostly of waiting.

python -m jobqueue.lab.interrogate               # questions without an answer: three trials each, waiting up to 100 s
python -m jobqueue.lab.interrogate rq --again --trials 1 --ask killed
"""

import argparse
import asyncio

from jobqueue.lab.interrogate.answer import load, save
from jobqueue.lab.interrogate.ask import asking
from jobqueue.lab.interrogate.peer import Peer, find, known
from jobqueue.lab.interrogate.question import QUESTIONS

#: Peers asked at the same time. They mostly wait, but on a busy machine their workers start late.
AT_ONCE = 5

#: Not taken from the docstring: `python -OO` leaves none.
DESCRIPTION = "ask every queue every question, and keep the answers that come with the kit"


async def _ask_all(arguments: argparse.Namespace) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask_one(name: str) -> None:
        async with turns:
            peer = find(name)
            await asyncio.to_thread(peer.set_up)
            if questions := [one for one in arguments.ask or QUESTIONS if not _is_answered(peer, one, arguments)]:
                await _ask(peer, questions, arguments)

    await asyncio.gather(*map(ask_one, arguments.peers or sorted(set(known()) - {"blpop"})))


async def _ask(peer: Peer, questions: list[str], arguments: argparse.Namespace) -> None:
    async for answer in asking(peer, questions, arguments.trials, arguments.within):
        save([answer])
        columns = f"{peer.name:9}{answer.question:13}{answer.setting[:50]:51}{answer.summary:20}{answer.detail}"
        print(columns, flush=True)


def _is_answered(peer: Peer, question: str, arguments: argparse.Namespace) -> bool:
    """Is there an answer of these versions, with as many trials and as much patience? (With settings comes last.)"""
    kept = [one for one in load() if (one.peer, one.question, one.versions) == (peer.name, question, peer.versions)]
    kept = [
        one for one in kept if one.within >= arguments.within and len(one.trials) >= arguments.trials * one.measured
    ]
    tuned = any(question in names.split() for names in peer.constants.get("TUNED", {}))
    muted = question in peer.constants.get("UNASKED", {})
    return not arguments.again and (any(one.settings for one in kept) if tuned and not muted else bool(kept))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=DESCRIPTION)
    parser.add_argument("peers", nargs="*")
    parser.add_argument("--ask", nargs="*", default=())
    parser.add_argument("--again", action="store_true", help="ask again, even if there is an answer")
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--within", type=float, default=100.0)
    asyncio.run(_ask_all(parser.parse_args()))
