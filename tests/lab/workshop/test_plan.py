"""The course as a workshop shows it agrees with the notebooks and with the instructor's page."""

import re

from jobqueue.lab import check
from jobqueue.lab.course.shelf import CHECKOUT
from workshop_steps import EXERCISE, PLAN, VOTE


def test_each_vote_of_the_course_is_there_in_lesson_order_with_its_right_answer():
    page = (CHECKOUT / "instructor.md").read_text(encoding="utf-8")
    rows = sorted(re.findall(r"^\| (?:00, )?(\d\d): .*? \| ([A-D]) \|", page, re.M), key=lambda row: row[0])
    votes = [(lesson.number, "ABCD"[vote.right]) for lesson in PLAN for vote in lesson.votes]
    assert votes == rows and len(votes) == 26
    ids = [vote.vote for lesson in PLAN for vote in lesson.votes]
    assert ids == sorted(ids, key=lambda vote: vote[:2]) and len(set(ids)) == 26


def test_a_vote_has_what_to_ask_back():
    [vote] = [vote for lesson in PLAN for vote in lesson.votes if vote.vote == VOTE]
    assert vote.ask_back == "How many commands is it?"
    assert vote.wrong_idea == "Redis runs one command at a time, so nothing comes between"
    assert all(vote.ask_back and vote.wrong_idea and vote.did for lesson in PLAN for vote in lesson.votes)


def test_exercises_are_the_checkers_of_the_lessons_in_their_order():
    exercises = [lesson.exercise for lesson in PLAN if lesson.exercise]
    assert exercises[:4] == ["read", "orphans", EXERCISE, "process"]
    assert set(exercises) == set(check.__all__) - {"Verdict"}


def test_each_lesson_has_its_title_minutes_and_beats():
    [reaper] = [lesson for lesson in PLAN if lesson.number == "03"]
    assert (reaper.title, reaper.minutes) == ("The reaper", 35)
    assert reaper.beats[1:3] == ["Predict", "Break · the reaper dies, too"]
    assert [lesson.number for lesson in PLAN] == [f"{number:02}" for number in range(14)]
    assert all(lesson.minutes and lesson.beats for lesson in PLAN)
