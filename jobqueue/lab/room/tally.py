"""The running account, from frames: how many jobs were accepted, where they are now, and whether that adds up. Pure.

A queue's own totals go when its server loses its data. A tally doesn't forget: jobs that were accepted before stay
accepted, and those that are nowhere now are lost.
"""

from jobqueue.lab.recording.frame import WorldFrame

#: The invariant, as it's written: where jobs come from, and where they must be.
COMES_IN = ("accepted", "foreign")
IS_IN = ("waiting", "pending", "delayed", "done", "dead", "discarded", "cancelled")

#: The numbers that only grow while a server keeps its data.
COUNTS = ("accepted", "foreign", "done", "discarded", "cancelled")

#: After one of these events, a job that's begun again isn't run twice, because its work is over or has failed.
ENDINGS = frozenset({"done", "dead", "discarded", "cancelled", "retried"})


class RunningTally:
    """Takes in each frame, in order; the numbers are those of the whole time.

    `run_twice` counts jobs that were begun again although their work hadn't failed: the price of at-least-once.
    """

    def __init__(self) -> None:
        self.accepted = self.done = self.lost = self.run_twice = self.refused = self.dead = 0
        #: The server's own numbers in the last frame, by name.
        self.totals: dict[str, int] = dict.fromkeys((*COMES_IN, *IS_IN), 0)
        #: How many times the server lost its data, and the most jobs by which the invariant was ever broken.
        self.wiped = self.worst = 0
        self._begun: dict[str, int] = {}  # how often, by job under way

    def take(self, frame: WorldFrame) -> None:
        """Take in one frame."""
        before, now = self.totals, {name: n for name, n in (frame.counts | frame.places).items() if name in self.totals}
        if any(now[name] < before[name] for name in COUNTS):
            self._wipe(before)
            before = dict.fromkeys(before, 0)
        self.accepted += now["accepted"] - before["accepted"]
        self.done += now["done"] - before["done"]
        self.refused, self.dead, self.totals = frame.refused, now["dead"], now
        self.worst = max(self.worst, abs(self.off))
        for event in frame.events:
            self._follow(event.event, event.job)

    @property
    def off(self) -> int:
        """By how many jobs the invariant is broken; 0 while it holds."""
        return sum(self.totals[name] for name in COMES_IN) - sum(self.totals[name] for name in IS_IN)

    @property
    def equation(self) -> str:
        """The invariant with its numbers, without the rare ones that are 0."""
        rare = ("foreign", "discarded", "cancelled")

        def terms(names: tuple[str, ...]) -> str:
            return " + ".join(
                f"{self.totals[name]:,} {name}" for name in names if self.totals[name] or name not in rare
            )

        return f"{terms(COMES_IN)} = {terms(IS_IN)}"

    def _wipe(self, before: dict[str, int]) -> None:
        self.wiped += 1
        self.lost += sum(before[name] for name in ("waiting", "pending", "delayed", "dead"))
        self._begun.clear()

    def _follow(self, event: str, job: str) -> None:
        if event in ENDINGS:
            self._begun.pop(job, None)
        elif event == "fetched":
            self._begun[job] = begun = self._begun.get(job, 0) + 1
            self.run_twice += begun == 2
