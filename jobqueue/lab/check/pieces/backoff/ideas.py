"""The wrong ideas about waiting before the next attempt."""

from jobqueue.explorer import Problem
from jobqueue.lab.check.ideas import Ideas, Remarks
from jobqueue.lab.check.pieces.backoff.judge import judge
from jobqueue.lab.check.pure import Answers
from jobqueue.lab.check.verdict import Idea, Remark

IDEAS = Ideas("""
backoff-by-sleeping (F54): Your function waits by itself, and was asked for a number. So its worker keeps its place and
    its lease while it does nothing.
cap-after-jitter (F53): Chance had spread them, and the cap cut them to one and the same value. So jobs that failed
    together come back together.
cap-too-high: So a job waits longer than it may.
constant (F53): So jobs that failed together come back together, however often that has happened.
does-not-grow (F53): So a service that's down for long is asked as often as one that stumbled once.
goes-back: Your function's longest wait doesn't always grow: after some attempts it's shorter than before. So a service
    that stays down is asked more often again.
grows-late (F53): Most jobs don't get that many attempts. So a service that's down is asked as often as one that
    stumbled once.
half-jitter (F53): Chance has only the rest. So jobs that failed together come back close together.
little-jitter (F53): Chance has only the rest. So jobs that failed together come back close together.
mostly-at-once (F53): So most jobs that failed together come back together, and few make use of the rest.
milliseconds: A wait is in seconds, and this looks like milliseconds. So a job waits a thousand times as long as it
    should.
negative: A wait can't be shorter than nothing. So the job's next attempt lies in the past.
no-cap: The waits grow without end. So such a job never gets its next attempt.
no-jitter (F53): Your function's waits grow, but without chance. So a hundred jobs that failed together come back
    together, and fail together again, at the very same moments.
no-number: A wait is a number of seconds. So the worker can't tell how long to wait.
not-by-rng: The two generators were in the same state, so some of its chance, or a memory, doesn't come from `rng`. So
    it can't be tested, and a bad day can't be replayed.
not-exponential: They grow, but not by a factor each time. So it backs off too slowly from a service that stays down.
not-finite: So that wait never ends.
sometimes-no-jitter (F53): So jobs that failed together at that attempt come back together, at the very same moment.
overflows: A number had grown too large on the way. So the worker that settles such a job stops, and the job is stuck.
shrinks: So a service that stays down is asked more and more often.
too-short: A wait is in seconds. So a service that's down is asked again before it had time to recover.
uneven (F53): They leave out much of what lies between. So jobs that failed together come back in a few bunches.
whole-seconds (F53): Between two of them it never comes back. So jobs that failed together come back in a few bunches,
    the more so after the first attempts.
""")

REMARKS = Remarks("""
far: {} Nobody tries that often, but a number that overflows may.
""")


def diagnose(answers: Answers) -> Idea | Remark | None:
    """The Idea behind these answers, the most fundamental first; or a Remark."""
    wrong = answers["odd"] or judge({int(attempt): some for attempt, some in answers["waits"].items()})
    if wrong:
        return IDEAS(*wrong)
    if answers["late"]:
        return IDEAS("overflows", answers["late"])
    return REMARKS("far", answers["far"]) if answers["far"] else None


def sleeps(problem: Problem) -> Idea | None:
    """It doesn't say how long to wait; it waits."""
    asleep = problem.kind == "raised" and "time.sleep" in problem.message
    return IDEAS("backoff-by-sleeping") if asleep else None
