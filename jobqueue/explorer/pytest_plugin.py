"""A pytest fixture that explores: a test passes only if every order and every fault passes, and a failure is a story.

    async def add(redis, world):
        await redis.set("n", int(await redis.get("n") or 0) + 1)

    def test_no_update_is_lost(explore):
        def both_count(end):
            assert end.content.keys["n"] == "2", "an update was lost"
        explore({"ann": add, "bob": add}, invariants=[both_count])

pytest finds this plugin by itself where jobqueue-kit is installed.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from jobqueue.explorer import Program, Report
    from jobqueue.explorer.scenario import Body

#: Options of `explore`. All others are those of a Scenario.
BOUNDS = ("seconds", "schedules", "steps")


@pytest.fixture
def explore(request: pytest.FixtureRequest) -> "Callable[..., Report]":
    """`explore(programs, …)` runs them in every order, with every fault, and returns the Report if all rules hold.

    It takes the arguments of `Scenario`, and the bounds of `jobqueue.explorer.explore`. If a schedule breaks a rule,
    the test fails, and the simplest such schedule is its message.
    """

    def run(programs: "dict[str, Program | Body]", **options: Any) -> "Report":
        from jobqueue.explorer import Scenario, explore  # here, so that other tests start as quickly as before

        bounds = {name: options.pop(name) for name in BOUNDS if name in options}
        scenario = Scenario(programs, title=options.pop("title", request.node.name), **options)
        report = asyncio.run(explore(scenario, **bounds))
        if not report.ok:
            pytest.fail(str(report), pytrace=False)
        return report

    return run
