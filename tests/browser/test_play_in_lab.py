"""The panel on which a learner schedules by hand, in a real JupyterLab: functions of a cell, clicked to a lost job."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

CELL = """\
import asyncio
from jobqueue.explorer import Faults, Scenario
from jobqueue.explorer.invariants import healthy, nothing_lost
from jobqueue.explorer.play import play

async def setup(redis, world):
    await redis.xgroup_create("jobs", "workers", "0", mkstream=True)
    await redis.xadd("jobs", {"id": "1"})
    await redis.xreadgroup("workers", "gone", {"jobs": ">"}, count=1)
    await asyncio.sleep(40)

async def reap(redis, world):
    for row in await redis.xpending_range("jobs", "workers", "-", "+", 10, idle=30_000):
        entry_id = row["message_id"]
        for _, fields in await redis.xrange("jobs", entry_id, entry_id):
            await redis.xack("jobs", "workers", entry_id)
            await redis.xadd("jobs", fields)

scenario = Scenario({"reaper": reap, "second": reap}, setup, healthy("jobs", "workers"), [nothing_lost],
                    faults=Faults(crash=1, lose_reply=1, pass_time=1))
play(scenario)
"""
LOST = "document.body.textContent.includes('You did it.')"


@pytest.fixture
def notebook(lab):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=[new_code_cell(CELL)], metadata=kernel), lab.folder / "play.ipynb")
    return "play.ipynb"


def test_a_job_is_lost_by_clicking(page, notebook):
    page.open(notebook)
    page.run_cell(0)
    for at, button in enumerate(["step", "step", "step", "crash"]):
        page.wait_for(f"document.querySelectorAll('.jqx svg circle').length >= {at}")
        page.page.get_by_role("button", name=button, exact=True).first.click()
    page.wait_for("document.querySelector('.jqx svg').textContent.includes('reaper crashes')")
    page.page.get_by_role("button", name="step", exact=True).first.click()  # the other one's: no more is reaper's
    page.wait_for(LOST)
    page.screenshot("play-lost")
    page.page.get_by_role("button", name="how many schedules go wrong?").click()
    page.wait_for("document.body.textContent.includes('schedules go wrong')")
    page.screenshot("play")
