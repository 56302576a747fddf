"""A small story for the overview, as frames: three workers, a kill -9, a recovery."""

from frames import frame as by_hand


def worker(name, state="running", number=0, **more):
    return {
        "name": name,
        "state": state,
        "pid": 4242,
        "running": 8,
        "done": 200,
        "colour": number,
        "shape": number,
    } | more


def entry(number, name="ada", idle=0.2, orphan=False, tier="normal"):
    return {"entry": f"{1_732_438_523_000 + number}-0", "tier": tier, "worker": name, "idle": idle, "orphan": orphan}


def frame(t=12.0, *, waiting=800, done=400, dead=0, ledger=(), workers=None, marks=(), **more):
    workers = [worker("ada"), worker("bob", number=1), worker("cy", number=2)] if workers is None else workers
    fields = {
        "lease": 4.0,
        "done": done,
        "dead": dead,
        "ledger": list(ledger),
        "marks": list(marks),
        "workers": workers,
    }
    fields |= {"waiting": {"high": 0, "normal": waiting, "low": 0}, "pending": {"normal": len(ledger)}}
    return by_hand(t, **fields | {"accepted": waiting + len(ledger) + done + dead} | more)


def killed(t=8.0, idle=3.2):
    """The moment the lessons are about: ada is dead, her eight entries wait, bob and cy work on."""
    ledger = [entry(i, idle=idle, orphan=True) for i in range(8)] + [entry(10 + i, "bob") for i in range(16)]
    team = [worker("ada", "dead"), worker("bob", number=1), worker("cy", "idle", number=2)]
    return frame(t, ledger=ledger, workers=team, marks=[{"t": 5.0, "label": "kill -9 ada"}])


def story(seconds=15):
    """Ten frames a second: killed at 5, reaped at 9, all done in the last frame."""
    found = []
    for k in range(10 * seconds):
        t = k / 10
        found.append(killed(t, idle=t - 5) if 5 <= t < 9 else frame(t, ledger=[entry(k, "bob")]))
    return [*found, frame(float(seconds), waiting=0, done=1200)]
