"""The running account, folded out of frames: what producers were told, what became of it, and whether it adds up. Pure.

A queue's own totals go when its server loses its data. A tally does not: what was accepted before stays accepted, and
what is known nowhere any more is lost.
"""

from jobqueue.lab.live.frame import NOTHING, places

#: The invariant, as it is written: what came in, and where it must be.
COMES_IN = ("accepted", "foreign")
IS_IN = ("waiting", "pending", "delayed", "done", "dead", "discarded", "cancelled")

#: Those that only grow while a server keeps its data.
COUNTS = ("accepted", "foreign", "done", "discarded", "cancelled")

#: After one of these a job that is begun again is not run twice: its work is over, or has failed.
ENDINGS = frozenset({"done", "dead", "discarded", "cancelled", "retried"})


class Tally:
    """Take each frame in, in order; the numbers are those of the whole time.

    `run_twice` counts jobs that were begun again although their work had not failed: what at-least-once costs.
    """

    def __init__(self):
        self.accepted = self.done = self.lost = self.run_twice = self.refused = self.dead = 0
        #: The server's own numbers, by name, as the last frame has them.
        self.totals: dict[str, int] = dict.fromkeys((*COMES_IN, *IS_IN), 0)
        #: How many times it lost its data, and the most jobs by which the invariant was ever broken.
        self.wiped = self.worst = 0
        self._begun: dict[str, int] = {}  # how often, by job under way

    def take(self, frame: dict) -> None:
        """Take in one frame."""
        frame = NOTHING | frame
        before, now = self.totals, {name: frame.get(name, 0) for name in (*COMES_IN, *IS_IN)} | places(frame)
        if any(now[name] < before[name] for name in COUNTS):
            self._wipe(before)
            before = dict.fromkeys(before, 0)
        self.accepted += now["accepted"] - before["accepted"]
        self.done += now["done"] - before["done"]
        self.refused, self.dead, self.totals = frame["refused"], now["dead"], now
        self.worst = max(self.worst, abs(self.off))
        for event in frame["events"]:
            self._follow(event["event"], event["job"])

    @property
    def off(self) -> int:
        """By how many jobs the invariant is broken: 0 while it holds."""
        return sum(self.totals[name] for name in COMES_IN) - sum(self.totals[name] for name in IS_IN)

    @property
    def equation(self) -> str:
        """The invariant with its numbers. What is nothing, and mostly is, is left out."""
        rare = ("foreign", "discarded", "cancelled")

        def terms(names):
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
