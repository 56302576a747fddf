"""A supervisor starts a worker again when it has died, as systemd or Kubernetes would, and counts the deaths."""

import asyncio

from jobqueue.lab.fleet.proxy import Proxy
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.stage import Stage

#: Deaths after which it gives up.
MOST_DEATHS = 15

#: Seconds between two looks at the worker.
LOOK = 0.05

#: Seconds from a death to the next start. Without them, a worker would die again and again while Redis is away.
PAUSE = 1.0


class Supervisor:
    """`async with Supervisor(stage) as supervisor:` keeps a worker running. `deaths` says how often it died.

    Give it a worker, or it starts the first as well.
    """

    def __init__(self, stage: Stage, worker: Pack | None = None, proxy: Proxy | None = None):
        self.stage, self.proxy = stage, proxy
        self.worker = worker or stage.hire(proxy)
        self.deaths = 0

    async def __aenter__(self) -> "Supervisor":
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    @property
    def summary(self) -> str:
        """`the worker died 3 times`, or nothing."""
        times = "once" if self.deaths == 1 else f"{self.deaths} times"
        return f"the worker died {times}" if self.deaths else ""

    async def _watch(self) -> None:
        while self.deaths < MOST_DEATHS:
            await asyncio.sleep(LOOK)
            if not self.worker.alive:
                self.deaths += 1
                self.stage.note(f"worker {self.worker.pid} has died: {self.stage.processes.last_words()}")
                self.stage.kill(self.worker)  # and all that it has left behind
                await asyncio.sleep(PAUSE)
                self.worker = self.stage.hire(self.proxy)
