"""Jobs for a world's queue: loads of them, floods, an HTTP front, and how many jobs each tier takes."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from jobqueue.admission import Watermarks
from jobqueue.errors import BadSetting
from jobqueue.job import NewJob
from jobqueue.keys import Tier
from jobqueue.lab.fleet.cleanup import Failures
from jobqueue.lab.recording.recorder import Recorder
from jobqueue.lab.traffic.arrivals import Arrivals, ClosedLoop, steady
from jobqueue.lab.traffic.load import ClosedLoad, Load, OpenLoad
from jobqueue.queue import Queue

if TYPE_CHECKING:  # it's imported when it's needed: it loads the certificates of this machine
    from jobqueue.lab.traffic.front import Front

AnyLoad = TypeVar("AnyLoad", bound=Load)


class Traffic:
    """What brings work to `queue`. Its loads and fronts end with `close`.

    `require_open` raises once the world is closed, so a cell that runs too late starts nothing.
    """

    def __init__(self, queue: Queue, recorder: Recorder, require_open: Callable[[], None]):
        self.queue, self.recorder, self.require_open = queue, recorder, require_open
        #: The latest load, and the earlier ones that still run; newest first.
        self.loads: list[Load] = []
        self.fronts: list[Front] = []

    def load(
        self,
        arrivals: Arrivals | ClosedLoop,
        task: str = "sleep",
        payload: Any = None,
        tier: Tier = "normal",
        **enqueue_options: Any,
    ) -> OpenLoad | ClosedLoad:
        """Offer jobs from now on, until you call the load's `stop`: `world.load(poisson(50), "sleep")`.

        Args:
            arrivals: steady, poisson, bursty, recorded or closed (see arrivals.py).
            enqueue_options: options of `Queue.enqueue`.

        Raises BadJob for a job that no producer could enqueue.
        """
        self.require_open()
        job, refused = self._job(task, payload, tier, enqueue_options), self.recorder.refuse
        if isinstance(arrivals, ClosedLoop):
            return self._keep(ClosedLoad(self.queue, job, arrivals, on_refused=refused))
        return self._keep(OpenLoad(self.queue, job, arrivals, on_refused=refused))

    def flood(
        self, tier: Tier, rate: float = 500, task: str = "sleep", payload: Any = None, **enqueue_options: Any
    ) -> OpenLoad:
        """Offer one tier more jobs than it can handle, until you call the load's `stop`. It's a fault with a mark."""
        self.require_open()
        recorder = self.recorder
        job, arrivals = self._job(task, payload, tier, enqueue_options), steady(rate)
        mark = recorder.mark(f"flood of {tier}, {rate:g} jobs/s", lasts=True)
        over = partial(recorder.end, mark)
        return self._keep(OpenLoad(self.queue, job, arrivals, on_refused=recorder.refuse, on_stop=over))

    def limit(self, tier: Tier, capacity: int | Watermarks | None) -> None:
        """Set how many jobs the tier takes from now on, as a number or (low, high). None takes the limit away."""
        self.queue.limit(tier, capacity)
        self.recorder.capacity = {tier: marks for tier, marks in self.queue.watermarks.items() if marks[1]}

    async def serve(self, capacity: dict[Tier, int | Watermarks] | None = None) -> "Front":
        """Start the HTTP front of the queue, in a process of its own, on a free port. Raises NoFront."""
        from jobqueue.lab.traffic.front import Front

        self.require_open()
        front = Front(self.queue.url, self.queue.keys.name, capacity or {})
        self.fronts.append(front)
        return await front.started()

    def stop(self) -> None:
        """Stop every load."""
        for load in self.loads:
            load.stop()

    async def close(self) -> None:
        """End all loads and fronts, whatever one of them raises; the first failure is raised at the end."""
        failures = Failures()
        for load in self.loads:
            with failures:
                await load.close()
        for front in self.fronts:
            with failures:
                front.close()
        failures.raise_first()

    def _job(self, task: str, payload: Any, tier: Tier, options: dict[str, Any]) -> NewJob:
        if "job_id" in options:
            raise BadSetting("a load's jobs can't share one job_id, because only the first would be added")
        job = NewJob(task, payload, tier, **options)
        job.ticket(self.queue.max_bytes)  # raises here, not in the background
        return job

    def _keep(self, load: AnyLoad) -> AnyLoad:
        self.loads = [load, *(one for one in self.loads if one.running)]
        return load
