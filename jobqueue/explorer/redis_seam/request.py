"""The commands that one task of a program waits for."""

import asyncio
import math
from typing import TYPE_CHECKING

from jobqueue.explorer.record import Command, Reply

if TYPE_CHECKING:  # the engine lies above
    from jobqueue.explorer.engine.process import Process
    from jobqueue.explorer.redis_seam.client import SteppedConnection


class Request:
    """A single command, MULTI … EXEC (one step), or a pipeline (a step per command)."""

    def __init__(
        self,
        lane: str,
        connection: "SteppedConnection",
        steps: list[list[Command]],
        future: asyncio.Future[list[Reply]],
    ):
        self.lane = lane
        self.connection = connection
        self.steps = steps  # those that are left; each step is a list of commands that go together
        self.future = future
        self.replies: list[Reply] = []
        self.parked_until = math.inf  # when it gives up, if it's a blocking read that found nothing (inf: never)

    @property
    def program(self) -> "Process":
        return self.connection.program

    def take(self, replies: list[Reply], lost: bool) -> None:
        """Take the replies of its next step. A lost connection ends it, even if it has commands left."""
        self.replies += replies
        self.steps.pop(0)
        if lost:
            self.replies += replies[:1] * sum(map(len, self.steps))
            self.steps.clear()
        if not self.steps and not self.future.done():
            self.future.set_result(self.replies)
