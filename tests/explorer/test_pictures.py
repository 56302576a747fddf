"""What is drawn of a schedule: as text, letter by letter; as SVG, what must be in it and what must not."""

import re
from base64 import b64decode
from html import unescape
from xml.etree import ElementTree

import pytest
from small_world import acknowledge_then_requeue, finish, one_stale, one_waiting, work

from jobqueue.explorer import Choice, Faults, Scenario, replay
from jobqueue.explorer.in_process import replay_here
from jobqueue.explorer.invariants import nothing_lost

LOST = """\
     reaper  worker  Redis
       │       │      │     the start                                             jobs: e1 job 1
       │       │      │                                                             PEL: e1 gone · 40 s
 1     ●──────────────▶     XPENDING jobs workers IDLE 30000 - + 10               〃
       │       │      │     → e1 gone 40000 1
 2     ●──────────────▶     XRANGE jobs e1 e1                                     〃
       │       │      │     → e1 {id 1}
 3     ●──────────────▶     XACK jobs workers e1                                  jobs: e1 job 1
       │       │      │     → 1
 4     ✗       │      │     reaper crashes                                        〃
       │       │      │     healthy ones finish                                   〃
       │       │      │     and find nothing to do
    ⚠ lost: job 1 was accepted, but never ran, and no worker will ever be given it"""


PROGRAMS = {"reaper": acknowledge_then_requeue, "worker": work}
SCENARIO = Scenario(PROGRAMS, one_stale, finish, [nothing_lost], faults=Faults(crash=1))


@pytest.fixture
def lost(run):
    return run(SCENARIO)


def words(html):
    """Everything written in the pictures of `html`, which must be well-formed."""
    pictures = [b64decode(data).decode() for data in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html)]
    return [node.text for picture in pictures for node in ElementTree.fromstring(picture).iter() if node.text]


def test_a_schedule_as_text(lost):
    assert str(lost.schedule) == LOST
    assert LOST in str(lost)


def test_a_report_as_html(lost):
    html = lost._repr_html_()
    seen = words(html)
    for expected in (
        "reaper",
        "Redis",
        "XACK jobs workers e1",
        "reaper crashes",
        "e1 gone · 40 s",
        "✓ healthy ones finish",
    ):
        assert expected in seen
    assert f"{lost.schedules} schedules, {lost.stories} different stories (every order; up to 1 fault: a crash)" in html
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|<script|@import|url\(", html), "it needs nothing else"


def test_a_passing_report_says_how_much_was_tried(run):
    async def nothing(redis, world):
        await redis.get("x")

    report = run(Scenario({"a": nothing, "b": nothing}, title="two readers"))
    assert str(report).startswith(
        "two readers: holds\n2 schedules, 1 different story (every order; no faults) through 4 distinct states"
    )
    assert report.same_stories in str(report) and report.same_stories in unescape(report._repr_html_())


def test_a_report_whose_schedules_all_differ_explains_no_stories(run):
    async def adds(redis, world):
        await redis.incr("x")

    report = run(Scenario({"a": adds, "b": adds}))
    assert (report.schedules, report.stories, report.same_stories) == (2, 2, "")


def steps(*choices):
    return [Choice(*choice.split()) for choice in choices]


@pytest.mark.parametrize(
    ("choice", "text", "sign"),
    [
        ("lose_reply worker", "the reply is lost: its sender sees a", "●──────✗"),
        ("send_again worker", "sent twice; the second reply is: 0", "●══════▶"),
    ],
)
def test_faults_are_marked(server, choice, text, sign):
    scenario = Scenario({"worker": work}, one_waiting, faults=Faults(lose_reply=1, send_again=1))
    schedule = replay_here(scenario, server, steps("step worker", choice)).schedule
    assert text in str(schedule) and sign in str(schedule)
    assert any(text in line for line in words(schedule._repr_html_()))


def test_time_blocking_and_waking_are_marked(server):
    async def reads(redis, world):
        await redis.blpop(["list"], timeout=60)

    async def pushes(redis, world):
        await redis.rpush("list", "x")

    scenario = Scenario({"reader": reads, "pusher": pushes}, faults=Faults(pass_time=1), lease=30)
    choices = [Choice("step", "reader"), Choice("pass_time", None, 30), Choice("step", "pusher")]
    text = str(replay_here(scenario, server, choices).schedule)
    assert "nothing there: it blocks" in text and "○" in text and "30 s pass" in text


async def test_a_schedule_can_be_replayed_and_stepped(lost):
    with pytest.raises(ValueError, match="step 4, crash reaper: not possible here"):
        await replay(Scenario({"reaper": acknowledge_then_requeue}, one_stale), lost.schedule)
    again = await replay(SCENARIO, lost.schedule)
    assert str(again) == str(lost.schedule)
    half = await replay(SCENARIO, lost.schedule.choices[:2])
    assert [frame.phase for frame in half.frames] == ["start", "schedule", "schedule"]
