"""A frame: one look at the whole world, about ten of them a second. `NOTHING` is the one before anything happened."""

from jobqueue.lab.live.language import PLACES

NOTHING = {
    "t": 0.0,  # seconds since the world began
    "waiting": {},  # jobs, by tier; so are pending and delayed
    "pending": {},
    "delayed": {},
    "dead": 0,
    "done": 0,
    "accepted": 0,
    "lease": 0.0,  # seconds
    "ledger": [],  # the PEL: entry (its id), tier, worker, idle (seconds), orphan (its worker's process is dead)
    "workers": [],  # name, state (starting, idle, running, frozen, dead, gone), pid, running, done, colour, shape
    "marks": [],  # what was done to the world: t (seconds), label; fault is False where it was none
}


def places(frame: dict) -> dict[str, int]:
    """How many jobs are in each place."""
    count = {place: sum(frame[place].values()) for place in ("waiting", "pending", "delayed")}
    return {place: count.get(place, frame.get(place)) for place in PLACES}


def orphans(frame: dict) -> list[dict]:
    """The pending entries whose worker's process is dead."""
    return [entry for entry in frame["ledger"] if entry["orphan"]]


def counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
