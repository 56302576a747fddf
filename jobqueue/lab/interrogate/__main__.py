"""Ask everyone everything, and keep the answers that come with the kit: hours of waiting, hardly any of working.

python -m jobqueue.lab.interrogate               # what is not answered yet: three trials each, waiting up to 100 s
python -m jobqueue.lab.interrogate rq --again --trials 1 --ask killed
"""

import argparse
import asyncio

from jobqueue.lab.interrogate.answer import load, save
from jobqueue.lab.interrogate.ask import asking
from jobqueue.lab.interrogate.peer import find, known
from jobqueue.lab.interrogate.question import QUESTIONS

#: Peers asked at the same time. They wait, mostly; but on a busy machine it is their starts that are late.
AT_ONCE = 5


async def _ask_all(arguments) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask_one(name: str) -> None:
        async with turns:
            peer = find(name)
            await asyncio.to_thread(peer.set_up)
            questions = [one for one in arguments.ask or QUESTIONS if not _answered(peer, one, arguments)]
            async for answer in (
                asking(peer, questions, arguments.trials, arguments.within) if questions else _nothing()
            ):
                save([answer])
                print(
                    f"{name:9}{answer.question:13}{answer.setting[:50]:51}{answer.said:20}{answer.detail}", flush=True
                )

    await asyncio.gather(*map(ask_one, arguments.peers or sorted(set(known()) - {"blpop"})))


def _answered(peer, question: str, arguments) -> bool:
    """Has the table these answers, of these versions, so often and so patiently asked? (With settings comes last.)"""
    kept = [one for one in load() if (one.peer, one.question, one.versions) == (peer.name, question, peer.versions)]
    kept = [
        one for one in kept if one.within >= arguments.within and len(one.trials) >= arguments.trials * one.measured
    ]
    tuned = any(question in names.split() for names in peer.constants.get("TUNED", {}))
    muted = question in peer.constants.get("UNASKED", {})
    return not arguments.again and (any(one.settings for one in kept) if tuned and not muted else bool(kept))


async def _nothing():
    return
    yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers", nargs="*")
    parser.add_argument("--ask", nargs="*", default=())
    parser.add_argument("--again", action="store_true", help="also what is answered already")
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--within", type=float, default=100.0)
    asyncio.run(_ask_all(parser.parse_args()))
