"""The learner as scheduler: step the programs by hand, strike where it hurts, and try to lose a job.

    from jobqueue.lab.explorer.play import play
    play(scenario)                                       # the last line of a cell: it displays itself

Nothing runs in the kernel: each click sends the whole schedule so far to the explorer's child, which runs it anew. So
undoing is easy, and a program that hangs cannot hang the notebook.
"""

import asyncio
from html import escape

import ipywidgets as widgets

from jobqueue.lab.explorer import svg
from jobqueue.lab.explorer.kernel import Killed, explore, position
from jobqueue.lab.explorer.messages import Progress
from jobqueue.lab.explorer.picture import Names, rows
from jobqueue.lab.explorer.record import Choice
from jobqueue.lab.explorer.replay import Position
from jobqueue.lab.explorer.report import Report
from jobqueue.lab.explorer.scenario import Scenario

#: What the buttons of a lane say, in the order in which they stand.
BUTTONS = {
    "step": "step",
    "crash": "crash",
    "lose_reply": "lose the reply",
    "send_again": "send twice",
    "refuse_memory": "no memory",
}


class Play(widgets.VBox):
    """The panel. `choices` is the schedule so far, `position` where it stands; `start` must be awaited, or `play` used.

    Clicking is `choose`, `undo`, `start_over` and `count`, which tests and notebooks may await as well.
    """

    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        self.choices: list[Choice] = []
        self.position: Position | None = None
        self.report: Report | None = None
        self._tasks = set()  # what a click started: a task that nobody holds may vanish
        self._lanes = widgets.VBox()
        self._picture = widgets.HTML()
        self._answer = widgets.HTML()
        self._undo = self._button("undo", self.undo)
        self._over = self._button("start over", self.start_over)
        self._count = self._button("how many schedules go wrong?", self.count, width="230px")
        bar = widgets.HBox([self._undo, self._over, self._count])
        super().__init__([self._lanes, bar, self._answer, self._picture])

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
        self.report = await explore(self.scenario, seconds=30, on_progress=self._news)
        self._answer.value = _verdict(self.report)

    async def _move(self, choices: list[Choice]) -> None:
        self._busy(True)
        try:
            self.position = await position(self.scenario, choices)
            self.choices = choices
            self._show()
        except (Killed, RuntimeError) as error:
            self._answer.value = (
                f"<p><b>That did not work.</b> {escape(str(error) or 'A program computes for ever.')}</p>"
            )
        finally:
            self._busy(False)

    def _show(self) -> None:
        where, names = self.position, Names()
        rows(where.schedule, names)  # so that buttons and picture call the entries by the same names
        lanes = dict.fromkeys([*where.schedule.lanes, *where.commands])
        self._lanes.children = [*(self._lane(at, lane, names) for at, lane in enumerate(lanes)), *self._time()]
        self._picture.value = svg.draw(where.schedule)
        if not where.choices:
            found = where.schedule.findings
            words = "; ".join(f"{finding.kind}: {finding.message}" for finding in found)
            end = f"You did it. {words}" if found else "The end: nothing is wrong. Undo, and try another way."
            self._answer.value = f'<div class="jqx"><h4>{escape(end)}</h4></div>'
        else:
            self._answer.value = ""

    def _lane(self, at: int, lane: str, names: Names) -> widgets.HBox:
        """A lane's name, what it would send next, and a button for everything that can happen to it."""
        command = names.short(self.position.commands.get(lane, "")).removeprefix("# ")
        said = f"<code>{escape(command)}</code>" if command else "<i>waits, or is done</i>"
        name = f'<b class="lane l{at % 6}">{escape(lane)}</b>'
        label = widgets.HTML(f'<div class="jqx">{name} &nbsp;{said}</div>', layout=widgets.Layout(width="600px"))
        possible = {choice.kind: choice for choice in self.position.choices if choice.lane == lane}
        buttons = [self._choice_button(possible[kind], words) for kind, words in BUTTONS.items() if kind in possible]
        return widgets.HBox([label, *buttons], layout=widgets.Layout(align_items="center"))

    def _time(self) -> list[widgets.HBox]:
        passing = [choice for choice in self.position.choices if choice.lane is None]
        return [widgets.HBox([self._choice_button(choice, f"{choice.seconds:g} s pass") for choice in passing])]

    def _choice_button(self, choice: Choice, words: str) -> widgets.Button:
        button = self._button(words, lambda: self.choose(choice))
        button.button_style = "warning" if choice.is_fault else ""
        return button

    def _button(self, words: str, action, width: str = "120px") -> widgets.Button:
        button = widgets.Button(description=words, layout=widgets.Layout(width=width))
        button.on_click(lambda _: self._start(action()))
        return button

    def _start(self, coroutine) -> asyncio.Task:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _busy(self, busy: bool) -> None:
        """One thing at a time: a second click while the first is under way would be lost."""
        rows_of_buttons = [button for row in self._lanes.children for button in row.children]
        for button in [*rows_of_buttons, self._undo, self._over]:
            if isinstance(button, widgets.Button):
                button.disabled = busy
        if not busy:
            self._undo.disabled = self._over.disabled = not self.choices

    def _news(self, progress: Progress) -> None:
        self._answer.value = f"<p>{progress.runs:,} schedules run, {progress.open:,} decisions still open …</p>"


def play(scenario: Scenario) -> Play:
    """A panel on which the learner schedules `scenario` by hand. It fills itself as soon as the loop turns."""
    panel = Play(scenario)
    panel._start(panel.start())
    return panel


def _verdict(report: Report) -> str:
    """The count; the simplest losing schedule only for those who ask to see it."""
    if not report.problems:
        said = f"{report.verdict}: {report.coverage}"
        return f'<div class="jqx"><h4>None goes wrong</h4><p>{escape(said)}</p></div>'
    kinds = "".join(
        f"<p>{problem.schedules:,} × {escape(problem.kind)}, by {escape(problem.by)}</p>" for problem in report.problems
    )
    more = "" if report.bound is None else " at least"
    shown = svg.draw(report.schedule) if report.schedule else escape(report.problem.message)
    return (
        f'<div class="jqx"><h4>{report.losing:,} of{more} {report.schedules:,} schedules go wrong</h4>{kinds}'
        f"<details><summary>show me the simplest</summary>{shown}</details></div>"
    )
