"""One process answers the requests of a session, as long as it's fit for that. The next session gets another."""

import ctypes
import os

from jobqueue.explorer import Scenario, explore
from jobqueue.explorer.isolation.session import Session


async def names_its_process(redis, world):
    world.record(os.getpid())


async def tampers(redis, world):
    os.linesep = "changed"
    await names_its_process(redis, world)


async def dies(redis, world):
    ctypes.string_at(0)  # no exception comes of it: the process is gone


def words(end):
    return [f"{end.effects[-1][0]}"]


async def ask(program, session):
    report = await explore(Scenario({"program": program}, invariants=[words]), session=session)
    return report.problem


async def process_of(program, session):
    return (await ask(program, session)).message


async def test_one_session_is_one_process_and_the_next_is_another():
    async with Session() as one:
        first = {await process_of(names_its_process, one) for _ in range(3)}
    async with Session() as another:
        second = {await process_of(names_its_process, another) for _ in range(3)}
    assert len(first) == len(second) == 1 and first != second


async def test_after_a_program_that_changed_a_module_another_process_goes_on():
    async with Session() as session:
        changed = await process_of(tampers, session)
        assert changed != await process_of(names_its_process, session)


async def test_a_process_that_dies_takes_only_its_own_request_along():
    async with Session() as session:
        before = await process_of(names_its_process, session)
        assert (await ask(dies, session)).kind == "ends the program"
        assert before != await process_of(names_its_process, session)


async def test_sessions_side_by_side_do_not_mix():
    async with Session() as one, Session() as another:
        processes = [await process_of(names_its_process, session) for session in (one, another, one, another)]
    assert processes[:2] == processes[2:] and len(set(processes)) == 2
