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
    "oldest": {},  # seconds that the oldest waiting job has waited, by tier; -1: none waits
    "pel": {},  # how much each consumer has pending, exactly
    "heads": {},  # the first waiting entries, by tier, oldest first: [entry, job, attempt]
    "cursor": {},  # the group's last-delivered id, by tier
    "delayed_jobs": {},  # the first to come, by tier, soonest first: [job, attempt, due in seconds]
    "letters": [],  # the newest dead letters, newest last: [letter id, job, tier, reason]
    "refused": 0,  # by admission; this and the next five are counts since the beginning
    "foreign": 0,  # dead letters that were no jobs of ours
    "cancelled": 0,
    "discarded": 0,
    "reaped": 0,
    "retried": 0,
    "capacity": {},  # watermarks of those tiers that have them: [low, high]
    "policy": "",
    "redis": "up",  # or down, or paused: then the rest is what was known last
    "events": [],  # transitions since the last frame, at most 200 of them: t, event, job, tier, entry, worker, attempt
    "events_left_out": 0,  # how many more there were
    "ledger": [],  # the PEL: entry (its id), job, attempt, tier, worker, idle (seconds), orphan (its process is dead)
    "workers": [],  # name, state (starting, idle, running, frozen, dead, gone), pid, running, done, colour, shape,
    #                 faults (words for what is wrong with it now), jobs (ids of those it runs)
    "marks": [],  # what was done to the world: t (seconds), label; fault is False where it was none; until, where it
    #               lasted (None: it still does)
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
