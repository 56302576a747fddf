"""Frames made by hand: plain values become what `recording/frame.py` has."""

from typing import Any

import msgspec
from msgspec.structs import asdict

from jobqueue.lab.recording.frame import Event, WorldFrame

EVENT = {"t": 0.0, "job": "j", "tier": "normal", "entry": "1-0", "worker": ""}
PENDING = {"entry": "1-0", "tier": "normal", "worker": "", "idle": 0.0, "job": "j", "attempt": 1}
WORKER = {"state": "running", "running": 0, "done": 0}


def frame(t: float = 0.0, **fields: Any) -> WorldFrame:
    """A frame of time `t`. Events, rows and marks may be dicts, and lack what the test doesn't need."""
    for name, usual in {"events": EVENT, "ledger": PENDING, "workers": WORKER}.items():
        fields[name] = [usual | each if isinstance(each, dict) else each for each in fields.get(name, ())]
    fields["events"] = [Event(**each) if isinstance(each, dict) else each for each in fields["events"]]
    return msgspec.convert({"t": t} | fields, WorldFrame)


def but(before: WorldFrame, **fields: Any) -> WorldFrame:
    """The same frame with other values in these fields."""
    return frame(**asdict(before) | fields)
