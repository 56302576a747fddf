"""Reading a schedule, so that a diagnosis can say which command did it."""

import re
from dataclasses import dataclass

from jobqueue.explorer import Choice, Content, Frame, Problem, Schedule

WRITES = {"XADD", "XACK", "XDEL", "XCLAIM", "XAUTOCLAIM", "XTRIM", "XREADGROUP"}


def frames(problem: Problem) -> list[Frame]:
    """The scheduled steps, without setup and finish; none if there's nothing to draw."""
    return [frame for frame in problem.schedule.frames if frame.phase == "schedule"] if problem.schedule else []


def steps(schedule: Schedule, lane: str | None = None) -> list[Frame]:
    """The steps in which `lane` (or any lane) sent something."""
    return [f for f in schedule.frames if f.phase == "schedule" and f.command and lane in (None, f.lane)]


def shorten(frame: Frame) -> str:
    """The command in short: "XACK", "MULTI … EXEC", "script"."""
    if " · " in frame.command:
        return "MULTI … EXEC"
    word = frame.command.split(" ", 1)[0]
    return "script" if word.startswith(("EVAL", "FCALL")) else word


def writes(frame: Frame) -> bool:
    """Whether the command may change the stream or its pending list."""
    return shorten(frame) == "script" or bool(WRITES & set(frame.command.split()))


def brings(frame: Frame) -> bool:
    """Whether the reply held anything."""
    return frame.reply not in ("nil", "nothing")


def reads_again(problem: Problem) -> str:
    """How a program reads one page over and over, and never pauses; "" if it doesn't.

    "stays-on-the-last" if each page begins with the last entry of the one before, or "same-page".
    """
    last = [frame for frame in frames(problem) if frame.command][-2:]
    same = len({(frame.lane, frame.command) for frame in last}) == 1 < len(last) and all(map(brings, last))
    if problem.kind != "endless" or "sleeps in between" in problem.message or not same:
        return ""
    includes = last[0].command.startswith(("XRANGE", "XREVRANGE", "XPENDING"))  # unless a "(" says otherwise
    if not includes and not last[0].command.startswith(("XREAD", "XAUTOCLAIM")):
        return ""
    return "stays-on-the-last" if includes and re.search(r" (?!0-0)\d+-\d+\b", last[0].command) else "same-page"


def left_lock(problem: Problem) -> str:
    """The key of a lock without a time to live that was taken, and is still there at the end; "" if there's none."""
    past = problem.schedule.frames if problem.schedule else ()
    taken = {frame.command.split()[1] for frame in past if re.match(r"SETNX |SET .* NX\b", frame.command)}
    kept = [key for key in sorted(taken) if key in past[-1].content.keys]
    return next((key for key in kept if key.encode() not in past[-1].content.expiring), "")


@dataclass(frozen=True)
class Strike:
    """The moment when a fault struck.

    Attributes:
        kind: the fault, "crash".
        content: Redis just then.
        command: the last one that the struck program had sent, in short; "" if none.
        past: the schedule up to here.
    """

    kind: str
    content: Content
    command: str
    past: tuple[Frame, ...]

    def when(self, actor: str, then: str = "gives up") -> str:
        """The fault in words: "If the reaper dies right after `XACK`,"; `then` the actor, if a reply was lost."""
        did = f"`{self.command}`" if self.command else "its first command"
        return {
            "lose_reply": f"If the reply to {did} is lost" + (f", and the {actor} {then}," if then else ","),
            "pass_time": "If the lease passes,",
            "refuse_memory": f"If Redis is out of memory at {did},",
        }.get(self.kind, f"If the {actor} dies right after {did},")


def strike(schedule: Schedule) -> Strike | None:
    """The first fault of a schedule; None if order alone did it."""
    for at, frame in enumerate(schedule.frames):
        choice: Choice | None = frame.choice
        if choice and choice.is_fault:
            past = schedule.frames[: at + 1]
            mine = [step for step in past if step.command and program(step.lane) == program(frame.lane)]
            sent = frame if frame.command else mine[-1] if mine else None
            return Strike(choice.kind, frame.content, shorten(sent) if sent else "", past)
    return None


def program(lane: str | None) -> str:
    """The program that a lane belongs to: its tasks have lanes of their own, such as "worker/1"."""
    return (lane or "").partition("/")[0]


def went_on(problem: Problem) -> bool:
    """Whether the lane that was struck sent anything after that."""
    steps = frames(problem)
    at = next(at for at, frame in enumerate(steps) if frame.choice and frame.choice.is_fault)
    return any(frame.lane == steps[at].lane and frame.command for frame in steps[at + 1 :])
