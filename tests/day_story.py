"""A minute and a half on paper, as frames: a flood, starving, kill -9, a worker frozen, one slow, refusals, a pause."""

from itertools import count

from frames import but
from jobqueue.lab.recording.frame import WorldFrame
from machine_story import TIERS, Paper

SLOTS, JOB_SECONDS, FULL, OPEN = 4, 0.6, 60, 30


class Day(Paper):
    """A queue under strict priority: workers hold up to four jobs of about 0.6 s, and the low tier can be full."""

    def __init__(self):
        super().__init__()
        self.rates = dict.fromkeys(TIERS, 0.0)  # jobs a second
        self.due, self.ends, self.number_of_jobs = dict.fromkeys(TIERS, 0.0), {}, count(1)
        self.extra = {"capacity": {"low": [OPEN, FULL]}}
        self.pace = {}  # how many times slower a worker is
        self.closed, self.paused, self.leaving, self.lasts = False, None, set(), None

    def hire(self, name: str):
        self.team[name], self.by[name], self.faults[name] = "alive", 0, []
        self.mark(f"{name} hired", fault=False)

    def lasting(self, label: str) -> dict:
        self.mark(label, until=None)
        return self.marks[-1]

    def over(self, mark: dict):
        self.marks[self.marks.index(mark)] = mark | {"until": self.t}

    def freeze(self, name: str):
        self.team[name] = "frozen"
        self.lasts = self.lasting(f"{name} frozen")

    def thaw(self, name: str):
        self.team[name] = "alive"
        self.over(self.lasts)
        for job in self._held_by(name):
            self.jobs[job]["since"] = self.t

    def slow(self, name: str, times: int):
        self.pace[name], self.faults[name] = times, [f"slow ×{times}"] if times > 1 else []
        if times > 1:
            self.lasts = self.lasting(f"{name} slow ×{times}")
        else:
            self.over(self.lasts)

    def pause(self):
        self.paused, self.lasts = self.tick(0), self.lasting("Redis paused")

    def go_on(self):
        self.paused = None
        self.over(self.lasts)

    def step(self) -> WorldFrame:
        if self.paused is None:
            self._produce()
            for worker, state in self.team.items():
                if state == "alive":
                    self._work(worker)
            self._reap()
        frame = self.tick()
        if self.paused is None:
            return frame
        seen_last = {key: getattr(self.paused, key) for key in ("oldest", "ledger", "heads")}
        return but(frame, redis="paused", **seen_last)

    def _produce(self):
        for tier, rate in self.rates.items():
            self.due[tier] += rate / 10
            while self.due[tier] >= 1:
                self.due[tier] -= 1
                depth = len(self.waiting[tier]) + sum(self.jobs[job]["tier"] == tier for job in self.held)
                self.closed = tier == "low" and (depth >= FULL or (self.closed and depth > OPEN))
                if self.closed:
                    self.counts["refused"] += 1
                else:
                    self.enqueue(f"{tier[0]}{next(self.number_of_jobs)}", tier=tier)

    def _work(self, worker: str):
        held = [job for job in self.held if self.jobs[job]["worker"] == worker]
        ended = [job for job in held if self.ends[job] <= self.t]
        self.done(*ended)
        for _ in range(0 if worker in self.leaving else SLOTS - len(held) + len(ended)):
            if tier := next((tier for tier in TIERS if self.waiting[tier]), None):
                job = self.waiting[tier][0]
                self.fetch(worker, 1, tier)
                length = JOB_SECONDS * (1 + len(self.ends) % 5 / 5)
                self.ends[job] = self.t + length * self.pace.get(worker, 1)
        if worker in self.leaving and not self._held_by(worker):
            self.team[worker] = "gone"

    def _held_by(self, worker: str) -> list[str]:
        return [job for job in self.held if self.jobs[job]["worker"] == worker]

    def _reap(self):
        self.reap(*[job for job in self.held if self.t - self.jobs[job]["since"] >= self.lease])


def script(day: Day) -> dict:
    """What happens, by the second."""
    return {
        0.2: lambda: [day.hire(name) for name in ("ada", "ben", "cleo")],
        2: lambda: day.rates.update(normal=4, low=2),
        8: lambda: (day.rates.update(high=16), day.mark("high flooded, 16 jobs/s")),
        16: lambda: day.kill("ada"),
        26: lambda: day.freeze("ben"),
        32: lambda: day.thaw("ben"),
        38: lambda: day.slow("cleo", 4),
        46: lambda: day.slow("cleo", 1),
        50: day.pause,
        53: day.go_on,
        58: lambda: day.rates.update(high=1, low=1),
        60: lambda: day.hire("dan"),
        70: lambda: (day.leaving.add("ben"), day.mark("ben fired", fault=False)),
    }


def story(seconds: float = 90) -> list[WorldFrame]:
    """Ten frames a second."""
    day, frames = Day(), []
    plan = sorted(script(day).items())
    while day.t < seconds:
        while plan and plan[0][0] <= day.t + 0.01:
            plan.pop(0)[1]()
        frames.append(day.step())
    return frames
