"""A scenario: the programs, their starting state, the faults that may strike, and the rules that must hold."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # it lies above
    from jobqueue.explorer.redis_seam.content import View

#: Faults in words.
WORDS = {
    "crash": "a crash",
    "lose_reply": "a lost reply",
    "send_again": "a command sent again",
    "pass_time": "time that passes",
    "refuse_memory": "memory refused",
}

#: `async def program(redis, world)`.
Body: TypeAlias = Callable[..., Awaitable[Any]]

#: An invariant. It returns its objections, or raises one: see `Scenario`.
Rule: TypeAlias = Callable[["View"], object]


@dataclass(frozen=True)
class Faults:
    """How many times each fault may strike in one schedule; `total` caps them together. All zero: order alone.

    crash          a program dies before one of its commands: no `finally`, no `except`, nothing
    lose_reply     a command is executed, but its sender sees a ConnectionError
    send_again     a command is executed twice, and the second reply is returned, as a client that retries would see it
    pass_time      the lease time (or the time to the next timer) passes although a program could still act
    refuse_memory  Redis is out of memory while one command runs: writes that need memory are refused

    To freeze and resume a program is `pass_time`. All that others notice of a frozen program is that they act, and that
    time passes, while it does nothing. Every order is tried anyway, so only the clock has to be added.
    """

    crash: int = 0
    lose_reply: int = 0
    send_again: int = 0
    pass_time: int = 0
    refuse_memory: int = 0
    total: int | None = None

    def words(self) -> str:
        """The faults that may strike, as in "up to 2 faults: a crash, a lost reply"; or "no faults"."""
        budget = self.budget()
        if not budget:
            return "no faults"
        names = ", ".join(WORDS[kind] + (f" ({n} times)" if n > 1 else "") for kind, n in budget.items())
        total = min(math.inf if self.total is None else self.total, sum(budget.values()))
        return f"up to {total} fault{'s' * (total > 1)}: {names}"

    def budget(self) -> dict[str, int]:
        """The kinds of faults allowed at least once, and how often."""
        counts = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "total"}
        return {kind: count for kind, count in counts.items() if count > 0}


@dataclass(frozen=True)
class Program:
    """One process: `body(redis, world)`, with a client of its own.

    A command is a step. So is a script, and so is MULTI … EXEC; a pipeline without a transaction is a step per command.
    Time stands still while a program can act. When all wait, it jumps to the next timer or to the end of the next
    blocking read.

    Some things aren't modelled: pub/sub subscriptions, time that passes inside a step, a consumer's own idle time
    (XINFO says that of its freshest entry), and Python objects that programs share in other ways than through `world`.
    A function given to a thread runs at once.

    Args:
        body: an ordinary async function. Every command it sends is a step; tasks it starts are lanes of their own.
        daemon: it runs forever by design. A schedule ends when only daemons are left, and no time passes for them.
        may_raise: exceptions that are a fair end. After a fault struck the program, any redis error is one, too.
    """

    body: Body
    daemon: bool = False
    may_raise: tuple[type[BaseException], ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A small world, to be run in every possible order.

    Args:
        programs: by name, which becomes the label of a lane: `Program`s, or bare async functions `(redis, world)`.
        setup: `async (redis, world)`; makes the starting state. `await asyncio.sleep(40)` in it ages what is pending.
        finish: `async (redis, world)`, run after each schedule without faults: a healthy worker and reaper that clear
            up what is left, so that "not yet done" is not taken for "lost".
        invariants: `(end: View) -> None | str | Finding | list of these`, called after `finish`; an AssertionError is
            a finding, too.
        always: the same, but called in every state on the way. (Slower without state recognition.)
        faults: what may strike, and how often.
        lease: seconds that pass when `pass_time` strikes.
        decode_responses: as in `redis.asyncio.Redis`.
        scripts: {name: source}; pictures call these scripts by name instead of by their hash.
        title: one line for reports.
    """

    programs: Mapping[str, Program | Body]
    setup: Body | None = None
    finish: Body | None = None
    invariants: Sequence[Rule] = ()
    always: Sequence[Rule] = ()
    faults: Faults = field(default_factory=Faults)
    lease: float = 30
    decode_responses: bool = True
    scripts: dict[str, str] = field(default_factory=dict)
    title: str = ""

    def named_programs(self) -> dict[str, Program]:
        """The programs, all as Program. Raises ValueError for a name with a slash, as tasks have."""
        if any("/" in name for name in self.programs):
            raise ValueError("a program's name must not contain a slash")
        return {
            name: program if isinstance(program, Program) else Program(program)
            for name, program in self.programs.items()
        }


@dataclass(frozen=True)
class Bounds:
    """The bounds at which a search gives up. Its report then says "holds within a bound", never "holds".

    Args:
        schedules: executions, at most. (Deterministic, unlike seconds.)
        seconds: real time, at most.
        steps: commands of one program in one schedule. A program that sends more is reported as endless.
        states: distinct states, at most. (Deterministic too; it bounds searches whose schedules are long.)
    """

    schedules: int | None = None
    seconds: float | None = None
    steps: int = 100
    states: int | None = None
