"""A panel with which you are the scheduler: step the programs by hand, strike where it hurts, and try to lose a job.

    from jobqueue.explorer.play import play
    play(scenario)                                       # the last line of a cell: it displays itself

Your kernel runs none of it. Each click sends the whole schedule so far to the explorer's child, which runs it again
from the start. So undo is easy, and a program that hangs can't hang your notebook.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import ipywidgets as widgets

from jobqueue.explorer.engine.replay import Position
from jobqueue.explorer.isolation.handle import Lost
from jobqueue.explorer.isolation.messages import Progress
from jobqueue.explorer.isolation.parent import explore, position
from jobqueue.explorer.record import Choice
from jobqueue.explorer.report import svg
from jobqueue.explorer.report.names import Names
from jobqueue.explorer.report.picture import rows
from jobqueue.explorer.report.summary import Report
from jobqueue.explorer.scenario import Scenario
from jobqueue.printable import escape_html as escape

#: What a click starts.
Action: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

#: The labels of a lane's buttons, in their order.
BUTTONS = {
    "step": "step",
    "crash": "crash",
    "lose_reply": "lose the reply",
    "send_again": "send twice",
    "refuse_memory": "no memory",
}


class Play(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The panel. `choices` is the schedule so far, and `position` where it has got to. Await `start`, or use `play`.

    The buttons call `choose`, `undo`, `start_over` and `count`, which tests and notebooks may await as well.
    """

    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        self.choices: list[Choice] = []
        self.position: Position | None = None
        self.report: Report | None = None
        self._tasks: set[asyncio.Task[Any]] = (
            set()
        )  # started by clicks, and kept here: asyncio may drop a task without a reference
        self._lanes = widgets.VBox()
        self._picture = widgets.HTML()
        self._answer = widgets.HTML()
        self._undo = self._button("undo", self.undo)
        self._over = self._button("start over", self.start_over)
        self._count = self._button("how many schedules go wrong?", self.count, width="230px")
        bar = widgets.HBox([self._undo, self._over, self._count])
        super().__init__([self._lanes, bar, self._answer, self._picture])

    def __repr__(self) -> str:  # this text stands in the panel's place while no kernel is running
        return "The scheduler's panel: run its cell to play."

    async def start(self) -> "Play":
        """Show the starting state; returns self."""
        await self._move([])
        return self

    async def choose(self, choice: Choice) -> None:
        """Take one decision. Raises ValueError if it is not possible now."""
        await self._move([*self.choices, choice])

    async def undo(self) -> None:
        """Take the last decision back."""
        await self._move(self.choices[:-1])

    async def start_over(self) -> None:
        """Back to the start."""
        await self._move([])

    async def count(self) -> None:
        """Ask the explorer how many schedules there are, and how many of them end badly."""
        self.report = await explore(self.scenario, seconds=30, on_progress=self._show_progress)
        self._answer.value = _verdict(self.report)

    async def _move(self, choices: list[Choice]) -> None:
        self._busy(True)
        try:
            self.position = await position(self.scenario, choices)
            self.choices = choices
            self._show(self.position)
        except (Lost, RuntimeError) as error:
            self._answer.value = f"<p><b>That didn't work.</b> {escape(str(error))}</p>"
        finally:
            self._busy(False)

    def _show(self, position: Position) -> None:
        schedule, names = position.schedule, Names()
        rows(schedule, names)  # so that buttons and picture call the entries by the same names
        lanes = dict.fromkeys([*schedule.lanes, *position.commands])
        controls = [self._lane(position, at, lane, names) for at, lane in enumerate(lanes)]
        self._lanes.children = [*controls, self._time(position)]
        self._picture.value = svg.draw(schedule)
        if position.choices:
            self._answer.value = ""
            return
        words = "; ".join(f"{finding.kind}: {finding.message}" for finding in schedule.findings)
        end = f"You did it. {words}" if words else "The end: nothing is wrong. Undo, and try another way."
        self._answer.value = f'<div class="jqx"><h4>{escape(end)}</h4></div>'

    def _lane(self, position: Position, at: int, lane: str, names: Names) -> widgets.HBox:
        """A lane's name, the command that it would send next, and a button for everything that can happen to it."""
        command = names.shorten(position.commands.get(lane, "")).removeprefix("# ")
        words = f"<code>{escape(command)}</code>" if command else "<i>waits, or is done</i>"
        name = f'<b class="lane l{at % 6}">{escape(lane)}</b>'
        label = widgets.HTML(f'<div class="jqx">{name} &nbsp;{words}</div>', layout=widgets.Layout(width="600px"))
        possible = {choice.kind: choice for choice in position.choices if choice.lane == lane}
        buttons = [self._choice_button(possible[kind], words) for kind, words in BUTTONS.items() if kind in possible]
        return widgets.HBox([label, *buttons], layout=widgets.Layout(align_items="center"))

    def _time(self, position: Position) -> widgets.HBox:
        passing = [choice for choice in position.choices if choice.lane is None]
        return widgets.HBox([self._choice_button(choice, f"{choice.seconds:g} s pass") for choice in passing])

    def _choice_button(self, choice: Choice, words: str) -> widgets.Button:
        button = self._button(words, lambda: self.choose(choice))
        button.button_style = "warning" if choice.is_fault else ""
        return button

    def _button(self, words: str, action: Action, width: str = "120px") -> widgets.Button:
        button = widgets.Button(description=words, layout=widgets.Layout(width=width))
        button.on_click(lambda _: self._start(action()))
        return button

    def _start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _busy(self, busy: bool) -> None:
        """Disable the buttons while one click is under way, because a second click would be lost."""
        rows_of_buttons = [button for row in self._lanes.children for button in row.children]
        for button in [*rows_of_buttons, self._undo, self._over]:
            if isinstance(button, widgets.Button):
                button.disabled = busy
        if not busy:
            self._undo.disabled = self._over.disabled = not self.choices

    def _show_progress(self, progress: Progress) -> None:
        self._answer.value = f"<p>{progress.runs:,} schedules run, {progress.open:,} decisions still open …</p>"


def play(scenario: Scenario) -> Play:
    """Make a panel on which you schedule `scenario` by hand. It fills itself as soon as the loop turns."""
    panel = Play(scenario)
    panel._start(panel.start())
    return panel


def _verdict(report: Report) -> str:
    """The counts, with the simplest losing schedule folded away."""
    if not report.problems:
        words = f"{report.verdict}: {report.coverage}"
        return f'<div class="jqx"><h4>None goes wrong</h4><p>{escape(words)}</p></div>'
    kinds = "".join(
        f"<p>{problem.schedules:,} × {escape(problem.kind)}, by {escape(problem.by)}</p>" for problem in report.problems
    )
    more = "" if report.bound is None else " at least"
    simplest = report.problems[0]
    picture = svg.draw(simplest.schedule) if simplest.schedule else escape(simplest.message)
    return (
        f'<div class="jqx"><h4>{report.losing:,} of{more} {report.schedules:,} schedules go wrong</h4>{kinds}'
        f"<details><summary>show me the simplest</summary>{picture}</details></div>"
    )
