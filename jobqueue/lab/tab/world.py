"""A world in a browser tab. It has the same words as a notebook's; what it lacks, it says in one line."""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any

from jobqueue.lab.fleet.process import is_no_start
from jobqueue.lab.fleet.raw import raw_client
from jobqueue.lab.fleet.tasks import URL as TASKS_URL
from jobqueue.lab.pictures.overview import still
from jobqueue.lab.tab import life, socket, web_crew
from jobqueue.lab.tab.crew import NotInTab, TabProcesses
from jobqueue.lab.tab.socket import URL, AsyncLink
from jobqueue.lab.world import World, opened


class TabSandbox:
    """The one Redis of the tab, in place of a server of our own."""

    external = None

    def __init__(self, **_: Any):
        """Nothing to do: the page has started it."""

    def start(self) -> str:
        return URL

    def stop(self) -> None:
        """Leave it as it is: the next world empties it."""

    def __getattr__(self, name: str) -> Any:
        raise NotInTab("faults of Redis. The notebooks have them")


class TabWorld(World):
    """A world whose workers are made of tasks, or are Web Workers. Each has its own connections to the tab's Redis."""

    sandbox_type = TabSandbox

    async def __aenter__(self) -> "World":
        os.environ[TASKS_URL] = URL
        async with raw_client(URL) as redis:
            await redis.flushall()
        return await super().__aenter__()


def install(open_link: Callable[[], AsyncLink], start: web_crew.Start | None = None) -> None:
    """Have `open_world` open worlds like this in the running loop. `open_link` connects to the Redis of the tab.

    If `start` can start Web Workers, each worker is one. Else it's made of tasks.
    """
    loop = asyncio.get_running_loop()
    life.install(loop)
    socket.install(loop, open_link)
    log = logging.getLogger("jobqueue")
    log.addFilter(is_no_start)
    log.setLevel(logging.INFO)
    if start:
        web_crew.install(open_link, start)
    TabWorld.processes_type = web_crew.WebProcesses if start else TabProcesses
    still.WORKERS_TITLE = f"Workers: {TabWorld.processes_type.words}"
    opened.world_type = TabWorld
