"""Who starts a worker again when it has died, as systemd or Kubernetes would, and counts."""

import asyncio

from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.stage import Stage
from jobqueue.lab.proxy import Proxy

#: Deaths after which it gives up.
MOST_DEATHS = 15

#: Seconds between two looks at whether the worker lives.
LOOK = 0.05

#: Seconds from a death to the next start: without them a worker that Redis is away from would die again and again.
PAUSE = 1.0


class Supervisor:
    """`async with Supervisor(stage) as supervisor:` – a worker is there all the time; `deaths` says how often it died.

    It is given one that works, or starts the first as well.
    """

    def __init__(self, stage: Stage, worker: Pack | None = None, proxy: Proxy | None = None):
        self.stage, self.worker, self.proxy = stage, worker, proxy
        self.deaths = 0

    async def __aenter__(self) -> "Supervisor":
        self.worker = self.worker or self.stage.hire(self.proxy)
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *exc) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    @property
    def told(self) -> str:
        """`the worker died 3 times`, or nothing."""
        times = "once" if self.deaths == 1 else f"{self.deaths} times"
        return f"the worker died {times}" if self.deaths else ""

    async def _watch(self) -> None:
        while self.deaths < MOST_DEATHS:
            await asyncio.sleep(LOOK)
            if not self.worker.alive:
                self.deaths += 1
                self.stage.note(f"worker {self.worker.pid} has died: {self.stage.last_words()}")
                self.stage.kill(self.worker)  # and what it has left behind
                await asyncio.sleep(PAUSE)
                self.worker = self.stage.hire(self.proxy)
