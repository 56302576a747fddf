"""Ask everyone everything again, and keep the answers that come with the kit: hours of waiting, hardly any of working.

python -m jobqueue.lab.interrogate               # all of them, three trials each, waiting up to 100 s
python -m jobqueue.lab.interrogate rq saq --trials 1 --ask killed
"""

import argparse
import asyncio

from jobqueue.lab.interrogate.answer import save
from jobqueue.lab.interrogate.ask import asking
from jobqueue.lab.interrogate.peer import known

#: Peers asked at the same time. They wait, mostly; but on a busy machine it is their starts that are late.
AT_ONCE = 3


async def _ask_all(arguments) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask_one(peer: str) -> None:
        async with turns:
            async for answer in asking(peer, arguments.ask, arguments.trials, arguments.within):
                save([answer])
                print(
                    f"{peer:9}{answer.question:13}{answer.setting[:50]:51}{answer.said:20}{answer.detail}", flush=True
                )

    await asyncio.gather(*map(ask_one, arguments.peers or sorted(set(known()) - {"blpop"})))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peers", nargs="*")
    parser.add_argument("--ask", nargs="*", default=())
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--within", type=float, default=100.0)
    asyncio.run(_ask_all(parser.parse_args()))
