"""The moments of a recording: what was done to the world, as its marks say, and what became of the jobs after that."""

from collections.abc import Iterator, Sequence

from jobqueue.lab.recording.frame import Mark, WorldFrame

#: A moment is over when its count has stood still for so long. Seconds.
PAUSE = 3.0

#: By the count that grows: what a moment says of one job, and of several.
WORDS = {
    "reaped": ("1 orphan is reaped, and waits again", "{} orphans are reaped, and wait again"),
    "retried": ("1 job fails, and will be retried", "{} failures that will be retried"),
    "refused": ("1 job is refused", "{} jobs are refused"),
    "dead": ("1 job is dead", "{} jobs are dead"),
}


def moments(frames: Sequence[WorldFrame]) -> list[Mark]:
    """All of them, oldest first."""
    marks = list(frames[-1].marks) if frames else []
    for name, (one, several) in WORDS.items():
        for began, grew, n in _growth([(frame.t, getattr(frame, name)) for frame in frames]):
            seconds = f" (in {grew - began:.0f} s)" if grew - began >= 1 else ""
            marks.append(Mark(began, (one if n == 1 else several.format(f"{n:,}")) + seconds, fault=False))
    return sorted([*marks, *_end(frames)], key=lambda mark: mark.t)


def _growth(counts: Sequence[tuple[float, int]]) -> Iterator[tuple[float, float, int]]:
    """When a count began to grow, when it grew last before its next pause, and by how many.

    It may drop meanwhile, as when dead jobs are replayed.
    """
    began = grew = float("-inf")
    base = peak = last = counts[0][1] if counts else 0
    for t, count in counts:
        if count > last:
            if t - grew > PAUSE:
                if peak > base:
                    yield began, grew, peak - base
                began, base, peak = t, last, last
            grew, peak = t, max(peak, count)
        last = count
    if peak > base:
        yield began, grew, peak - base


def _end(frames: Sequence[WorldFrame]) -> Iterator[Mark]:
    """The moment from which on no job was left to do; none if some were left, or never were any."""
    ended = None
    for frame in reversed(frames):
        places = frame.places
        if not frame.accepted or places["waiting"] + places["pending"] + places["delayed"]:
            break
        ended = frame
    if ended:
        dead = f", {ended.dead:,} dead" if ended.dead else ""
        yield Mark(ended.t, f"no job is left: {ended.done:,} done{dead}", fault=False)
