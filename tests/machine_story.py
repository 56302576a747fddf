"""A small deterministic story, as frames: a queue on paper, on which one hand does what workers and reapers do."""

from collections import Counter

from frames import frame
from jobqueue.lab.pictures.machine.scene import Scene, step
from jobqueue.lab.recording.frame import WorldFrame

TIERS = ("high", "normal", "low")
BEGAN = 1_795_510_800_000  # milliseconds; entry ids count from here


class Paper:
    """A queue on paper. Each verb is a transition; `tick` lets time pass and returns the frame of that moment."""

    def __init__(self, *team: str, lease: float = 4.0):
        self.t, self.lease, self.number = 0.0, lease, 0
        self.waiting = {tier: [] for tier in TIERS}  # jobs, oldest first
        self.jobs: dict[str, dict] = {}  # tier, attempt, entry, worker, since (when it was heard of, or is due)
        self.held: list[str] = []
        self.delayed: list[str] = []
        self.letters: list[list] = []
        self.cursor = dict.fromkeys(TIERS, "0-0")
        self.team = dict.fromkeys(team, "alive")
        self.counts = dict.fromkeys(("accepted", "done", "reaped", "retried", "refused", "cancelled", "discarded"), 0)
        self.by = Counter()
        self.events, self.marks, self.extra, self.faults = [], [], {}, {}

    def enqueue(self, *jobs: str, tier: str = "normal"):
        for job in jobs:
            self.jobs[job] = {"tier": tier, "attempt": 1, "worker": "", "since": self.t}
            self._append(job)
            self._count("accepted", job)

    def fetch(self, worker: str, n: int = 1, tier: str = "normal"):
        for job in [self.waiting[tier].pop(0) for _ in range(n)]:
            self.jobs[job] |= {"worker": worker, "since": self.t}
            self.cursor[tier] = self.jobs[job]["entry"]
            self.held.append(job)
            self._tell("fetched", job)

    def beat(self):
        """All living workers' heartbeats."""
        for job in self.held:
            if self.team.get(self.jobs[job]["worker"]) == "alive":
                self.jobs[job]["since"] = self.t

    def done(self, *jobs: str):
        for job in jobs:
            self.by[self.jobs[job]["worker"]] += 1
            self._let_go("done", job)

    def reap(self, *jobs: str):
        for job in jobs:
            self._let_go("reaped", job)
            self.jobs[job]["attempt"] += 1
            self._append(job)

    def release(self, *jobs: str):
        for job in jobs:
            self._let_go("released", job)
            self._append(job)

    def retry(self, job: str, delay: float):
        self._let_go("retried", job)
        self.jobs[job] |= {"attempt": self.jobs[job]["attempt"] + 1, "since": self.t + delay}
        self.delayed.append(job)

    def promote(self):
        for job in [job for job in self.delayed if self.jobs[job]["since"] <= self.t]:
            self.delayed.remove(job)
            self._append(job)
            self._tell("promoted", job)

    def bury(self, job: str, reason: str = "attempts used up"):
        self._let_go("dead", job)
        self.letters.append([f"{len(self.letters)}-0", job, self.jobs[job]["tier"], reason])

    def replay(self, job: str):
        self.letters = [letter for letter in self.letters if letter[1] != job]
        self.jobs[job]["attempt"] = 1
        self._append(job)
        self._tell("replayed", job)

    def kill(self, worker: str):
        self.team[worker] = "dead"
        self.mark(f"kill -9 {worker}")

    def mark(self, label: str, **more):
        self.marks.append({"t": round(self.t, 2), "label": label, "fault": True} | more)

    def _append(self, job: str):
        self.number += 1
        self.jobs[job] |= {"entry": f"{BEGAN + round(1000 * self.t)}-{self.number}", "waits": self.t}
        self.waiting[self.jobs[job]["tier"]].append(job)

    def _let_go(self, what: str, job: str):
        self.held.remove(job)
        self._count(what, job)

    def _count(self, what: str, job: str):
        if what in self.counts:
            self.counts[what] += 1
        self._tell(what, job)

    def _tell(self, what: str, job: str):
        told = self.jobs[job]
        worker = "" if what in ("accepted", "promoted", "replayed") else told["worker"]
        event = {"t": self.t, "event": what, "job": job, "tier": told["tier"], "entry": told["entry"], "worker": worker}
        self.events.append(event | {"attempt": told["attempt"]})

    def tick(self, seconds: float = 0.1) -> WorldFrame:
        self.t = round(self.t + seconds, 2)
        if self.t % 1 < 0.05:
            self.beat()
        fields = self.counts | self.extra | {"t": self.t, "lease": self.lease, "dead": len(self.letters)}
        fields |= {"marks": list(self.marks), "letters": list(self.letters), "events": self.events}
        fields |= {"ledger": self._ledger(), "workers": [self._worker(i, name) for i, name in enumerate(self.team)]}
        for tier in TIERS:
            for key, value in self._tier(tier).items():
                fields.setdefault(key, {})[tier] = value
        self.events = []
        return frame(**fields)

    def _tier(self, tier: str) -> dict:
        line = self.waiting[tier]
        coming = sorted((job for job in self.delayed if self.jobs[job]["tier"] == tier), key=self._since)
        return {
            "waiting": len(line),
            "pending": sum(self.jobs[job]["tier"] == tier for job in self.held),
            "delayed": len(coming),
            "cursor": self.cursor[tier],
            "oldest": round(self.t - self.jobs[line[0]]["waits"], 2) if line else -1,
            "heads": [[self.jobs[job]["entry"], job, self.jobs[job]["attempt"]] for job in line[:16]],
            "delayed_jobs": [
                [job, self.jobs[job]["attempt"], round(self._since(job) - self.t, 2)] for job in coming[:12]
            ],
        }

    def _since(self, job: str) -> float:
        return self.jobs[job]["since"]

    def _ledger(self) -> list[dict]:
        keys = ("entry", "tier", "worker", "attempt")
        rows = [
            {key: self.jobs[job][key] for key in keys}
            | {"job": job, "idle": round(self.t - self._since(job), 2)}
            | {"orphan": self.team.get(self.jobs[job]["worker"]) == "dead"}
            for job in self.held
        ]
        return sorted(rows, key=lambda row: -row["idle"])

    def _worker(self, i: int, name: str) -> dict:
        held = [job for job in self.held if self.jobs[job]["worker"] == name]
        state = ("running" if held else "idle") if self.team[name] == "alive" else self.team[name]
        jobs = held if self.team[name] == "alive" else []
        facts = {"name": name, "state": state, "pid": 4242 + i, "running": len(held), "done": self.by[name]}
        return facts | {"colour": i, "shape": i, "faults": self.faults.get(name, []), "jobs": jobs}


def at_work() -> Paper:
    """A queue in which three workers have eight, eight and no job; sixteen wait."""
    paper = Paper("ada", "ben", "cleo")
    paper.enqueue(*(f"n{i}" for i in range(32)))
    paper.fetch("ada", 8)
    paper.fetch("ben", 8)
    return paper


def fold(frames, scene: Scene | None = None) -> Scene:
    """The machine's scene after these frames."""
    scene = scene or Scene()
    for each in frames:
        scene = step(scene, each)
    return scene


def story() -> dict[str, list[WorldFrame]]:
    """Every kind of move, each with the frames in which it is seen, in the order in which they follow."""
    paper, chapters = Paper("ada", "ben", "cleo"), {}

    def chapter(name: str, ticks: int = 5):
        chapters[name] = [paper.tick() for _ in range(ticks)]

    chapter("nothing", 2)
    paper.enqueue(*(f"n{i}" for i in range(24)))
    paper.enqueue("h0", "h1", tier="high")
    paper.enqueue("l0", "l1", "l2", tier="low")
    chapter("enqueued")
    paper.fetch("ada", 8)
    paper.fetch("ben", 6)
    paper.fetch("cleo", 2, "high")
    chapter("fetched")
    paper.done("h0", "n9")
    chapter("done")
    paper.retry("n10", 3.0)
    paper.retry("n11", 2.0)
    chapter("retried")
    paper.kill("ada")
    chapter("orphaned", 30)
    chapter("lease over", 12)
    paper.reap(*(f"n{i}" for i in range(8)))
    chapter("reaped")
    paper.promote()
    chapter("promoted")
    paper.bury("n12")
    chapter("buried")
    paper.fetch("cleo", 6)
    paper.fetch("cleo", 1, "low")
    chapter("fetched again")
    paper.release("n14")
    chapter("released")
    paper.replay("n12")
    chapter("replayed")
    return chapters
