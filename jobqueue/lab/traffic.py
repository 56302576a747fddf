"""What one has a world do: the part of a World that offers it jobs, and says how many it takes."""

from typing import Any

from jobqueue.backpressure import Watermarks, watermarks
from jobqueue.errors import BadSetting
from jobqueue.job import NewJob
from jobqueue.keys import Tier
from jobqueue.lab.arrivals import Arrivals, Closed, steady
from jobqueue.lab.front import Front
from jobqueue.lab.load import ClosedLoad, Load, OpenLoad
from jobqueue.lab.recorder import Recorder
from jobqueue.queue import Queue


class Traffic:
    """The part of a World that brings it work. Its loads and fronts end with it."""

    queue: Queue
    recorder: Recorder
    loads: list[Load]
    fronts: list[Front]

    def load(
        self,
        arrivals: Arrivals | Closed,
        task: str = "sleep",
        payload: Any = None,
        tier: Tier = "normal",
        **enqueue_options,
    ) -> OpenLoad | ClosedLoad:
        """Offer jobs from now on, until the load's `stop`: `world.load(poisson(50), "sleep", {"seconds": 0.2})`.

        Args:
            arrivals: steady, poisson, bursty, recorded or closed, of arrivals.py.
            enqueue_options: as `Queue.enqueue` takes them.

        Raises BadJob for a job that nobody could enqueue.
        """
        return self._load(arrivals, self._job(task, payload, tier, enqueue_options))

    def flood(
        self, tier: Tier, rate: float = 500, task: str = "sleep", payload: Any = None, **enqueue_options
    ) -> OpenLoad:
        """More than can be done, into one tier: a fault, with its mark, until the load's `stop`."""
        job, arrivals = self._job(task, payload, tier, enqueue_options), steady(rate)
        mark = self.recorder.mark(f"flood of {tier}, {rate:g} jobs/s", lasts=True)
        return self._load(arrivals, job, on_stop=lambda: self.recorder.end(mark))

    def limit(self, tier: Tier, capacity: int | Watermarks | None) -> None:
        """How many jobs the tier takes from now on, or (low, high); None: as many as come. For this world's queue."""
        others = {name: marks for name, marks in self.recorder.capacity.items() if name != tier}
        found = watermarks(others if capacity is None else others | {tier: capacity})
        self.queue._watermarks = found
        self.recorder.capacity = {tier: marks for tier, marks in found.items() if marks[1]}

    async def serve(self, capacity: dict[Tier, int | Watermarks] | None = None) -> Front:
        """Start the HTTP front of this world's queue, in a process of its own, on a free port. Raises NoFront."""
        self._require_open()
        front = Front(self.queue.url, self.queue.keys.name, capacity or {})
        self.fronts.append(front)
        return await front.started()

    def _job(self, task: str, payload: Any, tier: Tier, options: dict) -> NewJob:
        if "job_id" in options:
            raise BadSetting("a load's jobs cannot share one job_id: all but the first would be nothing new")
        job = NewJob(task, payload, tier, **options)
        job.ticket(self.queue.new_id, self.queue.clock(), self.queue.max_bytes)  # now, and not in the background
        return job

    def _load(self, arrivals: Arrivals | Closed, job: NewJob, **options) -> OpenLoad | ClosedLoad:
        self._require_open()
        kind = ClosedLoad if isinstance(arrivals, Closed) else OpenLoad
        load = kind(self.queue, job, arrivals, on_refused=self.recorder.refuse, **options)
        self.loads = [load, *(one for one in self.loads if one.running)]
        return load

    def _require_open(self) -> None:
        raise NotImplementedError
