"""The learner as scheduler: the panel, by its buttons."""

import ipywidgets
import pytest
from small_world import acknowledge_then_requeue, reaping, work

from helpers import eventually_async
from jobqueue.explorer import Choice, Faults
from jobqueue.explorer.play import Play, play

SCENARIO = reaping(acknowledge_then_requeue, work, faults=Faults(crash=1))


def buttons(panel, box=None):
    found = {}
    for child in (box or panel).children:
        if isinstance(child, ipywidgets.Box):
            found = buttons(panel, child) | found
        elif isinstance(child, ipywidgets.Button):
            found.setdefault(child.description, child)
    return found


async def test_a_job_can_be_lost_by_hand():
    panel = await Play(SCENARIO).start()
    for _ in range(3):
        await panel.choose(Choice("step", "reaper"))
    await panel.choose(Choice("crash", "reaper"))
    while panel.position.choices:
        await panel.choose(panel.position.choices[0])
    assert "You did it." in panel._answer.value and "lost" in panel._answer.value
    await panel.undo()
    assert panel.position.choices and "You did it." not in panel._answer.value
    await panel.start_over()
    assert panel.choices == []


async def test_the_buttons_do_what_they_say():
    panel = play(SCENARIO)
    await eventually_async(lambda: panel.position is not None and not buttons(panel)["step"].disabled)
    assert set(buttons(panel)) >= {"step", "crash", "undo", "start over"} and "send twice" not in buttons(panel)
    buttons(panel)["step"].click()
    await eventually_async(lambda: len(panel.choices) == 1 and not buttons(panel)["undo"].disabled)
    assert "XPENDING" in panel._picture.value
    buttons(panel)["undo"].click()
    await eventually_async(lambda: panel.choices == [])


async def test_the_explorer_counts_the_losing_schedules():
    panel = await Play(SCENARIO).start()
    await panel.count()
    assert panel.report.problem.kind == "lost" and f"{panel.report.losing:,} of" in panel._answer.value


async def test_what_is_not_possible_is_refused():
    panel = await Play(SCENARIO).start()
    with pytest.raises(ValueError, match="not possible here"):
        await panel.choose(Choice("crash", "nobody"))
