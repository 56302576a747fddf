"""Does it find what is there, count what there is, and say the same each time?"""

import gc
import re
from dataclasses import replace
from math import comb

import pytest
from redis import WatchError
from small_world import (
    acknowledge_then_requeue,
    acknowledge_then_work,
    add_if_room,
    count_then_add,
    finish,
    one_stale,
    one_waiting,
    reap_in_one_script,
    reaping,
    requeue_then_acknowledge,
    work,
)

from jobqueue.explorer import Bounds, Faults, Finding, Scenario
from jobqueue.explorer.invariants import never_over, nothing_lost


def kinds(report):
    return {(problem.kind, problem.faults) for problem in report.problems}


def test_the_articles_reaper_loses_a_job_in_four_steps(run):
    report = run(reaping(acknowledge_then_requeue, work, faults=Faults(crash=1)))
    assert report.verdict == "violated" and report.bound is None
    assert (report.problem.kind, report.problem.faults) == ("lost", ("crash",))
    assert [str(choice) for choice in report.schedule.choices] == ["reaper", "reaper", "reaper", "crash reaper"]


def test_requeueing_first_loses_nothing(run):
    report = run(reaping(requeue_then_acknowledge, work, faults=Faults(crash=1, lose_reply=1)))
    assert {kind for kind, _ in kinds(report)} == {"duplicated"}
    assert all(problem.faults for problem in report.problems), "without a fault it is even exactly once"


def test_two_reapers_at_once_run_a_job_twice_unless_they_look_and_move_in_one_step(run):
    assert ("duplicated", ()) in kinds(run(reaping(requeue_then_acknowledge, requeue_then_acknowledge)))
    report = run(reaping(reap_in_one_script, reap_in_one_script, faults=Faults(crash=2)))
    assert report.ok and report.verdict == "holds"


def test_counting_before_adding_overfills(run):
    scenario = Scenario({"a": count_then_add, "b": count_then_add}, one_waiting, always=[never_over("jobs", 2)])
    report = run(scenario)
    assert kinds(report) == {("over capacity", ())}
    assert [choice.lane for choice in report.schedule.choices] == ["a", "b", "b", "a"]
    assert run(replace(scenario, programs={"a": add_if_room, "b": add_if_room})).ok


def test_an_invariant_may_take_for_granted_that_all_programs_ran(run):
    async def add(redis, world):
        await redis.set("n", int(await redis.get("n") or 0) + 1)

    def count(end):
        assert end.content.keys["n"] == "2", "an update was lost"  # KeyError where no program ran

    report = run(Scenario({"a": add, "b": add}, invariants=[count]))
    assert (report.problem.message, report.losing, report.schedules) == ("an update was lost", 4, 6)


def test_acknowledging_before_the_work_loses_it(run):
    scenario = Scenario({"worker": acknowledge_then_work}, one_waiting, finish, [nothing_lost], faults=Faults(crash=1))
    assert kinds(run(scenario)) == {("lost", ("crash",))}


def gets(count):
    async def program(redis, world):
        for number in range(count):
            await redis.get(f"key {number}")

    return program


@pytest.mark.parametrize("recognise", [True, False])
def test_all_orders_are_counted(run, recognise):
    report = run(Scenario({"a": gets(3), "b": gets(4)}), recognise=recognise)
    assert report.schedules == comb(7, 3)
    assert report.states == (4 * 5 if recognise else report.states)


def test_two_lives_of_ten_steps_have_184756_orders(run):
    report = run(Scenario({"a": gets(10), "b": gets(10)}))
    assert report.schedules == 184_756 and report.states == 121


def test_all_crash_points_are_counted(run):
    # Dead after 0 … 2 of 3 steps, with the other's 2 steps anywhere among those and after; or nobody dies.
    one_dies = sum(comb(done + 1 + 2, 2) for done in range(3)) + sum(comb(done + 1 + 3, 3) for done in range(2))
    report = run(Scenario({"a": gets(3), "b": gets(2)}, faults=Faults(crash=1)), recognise=False)
    assert report.schedules == comb(5, 2) + one_dies


async def watches(redis, world):
    async with redis.pipeline() as transaction:
        await transaction.watch("n")
        n = await transaction.get("n")
        transaction.multi()
        transaction.set("sum", f"{n}1")
        try:
            await transaction.execute()
        except WatchError:
            world.record("refused")


async def there_and_back(redis, world):
    await redis.set("n", "2")
    await redis.set("n", "1")


def never_refused(end):
    assert ("refused",) not in end.effects


SCENARIOS = {
    "a watched key that is changed and changed back": Scenario(
        {"a": watches, "b": there_and_back, "c": there_and_back}, there_and_back, invariants=[never_refused]
    ),
    "crash": reaping(acknowledge_then_requeue, work, faults=Faults(crash=1)),
    "crash and a lost reply": reaping(requeue_then_acknowledge, work, faults=Faults(crash=1, lose_reply=1)),
    "two reapers, one sends again": reaping(
        reap_in_one_script, requeue_then_acknowledge, faults=Faults(send_again=1), setup=one_stale
    ),
    "out of memory": reaping(acknowledge_then_requeue, reap_in_one_script, faults=Faults(refuse_memory=1)),
    "time passes": reaping(work, requeue_then_acknowledge, faults=Faults(pass_time=1), setup=one_waiting),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", SCENARIOS)
def test_recognising_states_changes_no_number(run, name):
    with_it, without = (run(SCENARIOS[name], recognise=recognise) for recognise in (True, False))
    assert with_it.states < without.states
    for report in (with_it, without):
        assert report.bound is None
    assert (with_it.verdict, with_it.schedules, with_it.losing) == (without.verdict, without.schedules, without.losing)
    counts = [{(p.kind, p.faults): p.schedules for p in report.problems} for report in (with_it, without)]
    assert counts[0] == counts[1]
    lengths = [{(p.kind, p.faults): len(p.schedule) for p in report.problems} for report in (with_it, without)]
    assert lengths[0] == lengths[1]


@pytest.mark.slow
def test_same_input_same_numbers(run):
    scenario = reaping(acknowledge_then_requeue, work, faults=Faults(crash=1, lose_reply=1, pass_time=1, total=2))
    reports = [replace(run(scenario), seconds=0) for _ in range(3)]
    numbers = [
        (
            r.schedules,
            r.losing,
            r.states,
            r.runs,
            [(p.kind, p.faults, p.schedules, p.schedule.choices) for p in r.problems],
        )
        for r in reports
    ]
    assert numbers[0] == numbers[1] == numbers[2]


def test_a_bound_is_said(run):
    scenario = Scenario({"a": gets(8), "b": gets(8)})
    report = run(scenario, bounds=Bounds(schedules=5), recognise=False)
    assert (report.verdict, report.bound, report.runs) == ("holds within a bound", "5 schedules run", 5)
    assert run(scenario, bounds=Bounds(seconds=0.05), recognise=False).bound == "0.05 s"
    assert re.fullmatch(r"\d\d states met", run(scenario, bounds=Bounds(states=20), recognise=False).bound)


def test_invariants_may_assert_or_return(run):
    def says(end):
        return "something"

    def finds(end):
        return [Finding("odd", "this"), None]

    def asserts(end):
        assert end.outcomes == {"a": "running"}, "a is not running"

    report = run(Scenario({"a": gets(1)}, invariants=[says, finds, asserts]))
    assert {(p.kind, p.message) for p in report.problems} == {
        ("says", "something"),
        ("odd", "this"),
        ("asserts", "a is not running"),
    }


@pytest.mark.slow
def test_the_last_words_of_a_crashed_program_reach_nobody(run):
    """Its `finally:` runs whenever Python collects it, which may be in the midst of another schedule."""

    async def locked(redis, world):
        try:
            await redis.get("x")
            await redis.get("y")
        finally:
            await redis.delete("lock")

    async def other(redis, world):
        await redis.get("a")
        gc.collect()
        await redis.get("b")

    report = run(Scenario({"locked": locked, "other": other}, faults=Faults(crash=1)))
    assert report.ok and report.schedules == 43


def test_who_raised_is_counted_apart_whether_states_are_recognised_or_not(run):
    async def raises(redis, world):
        await redis.get("x")
        raise ValueError

    scenario = Scenario({"a": raises, "b": raises})
    for recognise in (True, False):
        problems = run(scenario, recognise=recognise).problems
        assert sorted((p.program, p.schedules) for p in problems) == [("a", 1), ("b", 1)]
