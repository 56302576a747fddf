"""A worker's colour, symbol and label, in any chart of a recording."""

from jobqueue.lab.pictures.base.language import GLYPHS, WORKER_COLOURS
from jobqueue.lab.recording.recording import Recording


def names(recording: Recording) -> list[str]:
    """All workers in the order of their hiring, then other consumers."""
    tables = (recording.workers, recording.pel, recording.attempts)
    return list(dict.fromkeys(name for table in tables for name in table["worker"] if name))


def colours(recording: Recording) -> dict[str, str]:
    """Each worker's colour, the same as in the live pictures."""
    return {name: WORKER_COLOURS[i % len(WORKER_COLOURS)] for i, name in enumerate(names(recording))}


def named(recording: Recording, worker: str) -> str:
    """The worker's name, with its shape before it."""
    return f"{GLYPHS[names(recording).index(worker) % len(GLYPHS)]} {worker}"
