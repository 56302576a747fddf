"""What counts in a workshop, and when: rounds, their answers, verdicts, and how many learners there may be."""

import pytest

from jobqueue.lab.workshop.limits import Allowance
from jobqueue.lab.workshop.messages import CheckRun, Hello, VoteCast
from jobqueue.lab.workshop.state import MOST_LEARNERS, MOST_PER_ADDRESS, Rejected, State
from jobqueue.lab.workshop.views import Here, view_exercise, view_phone, view_projector
from workshop_steps import EXERCISE, OTHER, PLAN, VOTE, answer, new_learner, verdict

ADA, BEN, CLEO = (f"{number:016x}" for number in range(3))


class Class:
    """A state, and what happens to it, at times that only go up."""

    def __init__(self):
        self.state, self.events, self.now = State(PLAN), [], 1000.0

    def do(self, events):
        self.now += 1
        for event in events:
            self.state.apply(event)
        self.events += events
        return events

    def join(self, learner, address="10.0.0.1", **options):
        return self.do(self.state.join(Hello(learner, **options), address, self.now))

    def say(self, learner, choice, round=1, vote=VOTE):
        if learner not in self.state.learners:
            self.join(learner)
        return self.do(self.state.answer(VoteCast(**answer(learner, choice, vote, round=round)), self.now))

    def run(self, learner, **options):
        self.join(learner)
        return self.do(self.state.judge(CheckRun(**verdict(learner, **options)), self.now))

    def turn(self, *actions, vote=VOTE):
        for action in actions:
            self.do(self.state.turn(vote, action, self.now))

    def projector(self, vote=VOTE, listening=()):
        view = view_projector(self.state, PLAN, Here(self.state, listening, self.now))
        [view] = [each for lesson in view["lessons"] for each in lesson["votes"] if each["vote"] == vote]
        return view

    def counts(self, round=1):
        return self.projector()["rounds"][round - 1]["counts"]


@pytest.fixture
def room():
    return Class()


def test_the_last_answer_counts_while_the_vote_is_open(room):
    room.turn("open")
    for choice in (0, 1, 2):
        room.say(ADA, choice)
    room.say(BEN, 0)
    assert room.counts() is None, "the counts are hidden, so that no learner follows the crowd"
    room.turn("close")
    assert room.counts() == [1, 0, 1, 0]
    with pytest.raises(Rejected, match="closed") as refused:
        room.say(ADA, 3)
    assert (refused.value.status, refused.value.more) == (409, {"round": None})


def test_the_same_answer_again_changes_nothing(room):
    assert len(room.say(ADA, 1)) == 1
    assert room.say(ADA, 1) == []


def test_a_learner_who_is_ahead_may_answer_before_the_vote_is_opened(room):
    room.say(ADA, 2)
    assert room.projector()["early"] == 1
    room.turn("open", "close")
    assert room.counts() == [0, 0, 1, 0]


def test_a_second_vote_shows_what_has_changed(room):
    room.turn("open")
    for learner, choice in ((ADA, 0), (BEN, 2), (CLEO, 0)):
        room.say(learner, choice)
    room.turn("close", "again")
    with pytest.raises(Rejected) as refused:
        room.say(ADA, 1)
    assert refused.value.more == {"round": 2}
    for learner, choice in ((ADA, 2), (BEN, 2)):
        room.say(learner, choice, round=2)
    assert (room.counts(1), room.counts(2)) == ([2, 0, 1, 0], None)
    room.turn("close")
    assert room.projector()["change"] is None, "it would say which answer is right"
    room.turn("reveal")
    assert room.projector()["change"] == {"both": 2, "kept": 1, "gained": 1, "lost": 0, "wrong": 0}


def test_the_right_answer_is_nowhere_until_it_is_revealed(room):
    room.turn("open")
    room.say(ADA, 2)
    room.turn("close")
    for view in (room.projector(), view_phone(room.state, ADA)):
        assert view["right"] is None and view["did"] == ""
    room.turn("reveal")
    for view in (room.projector(), view_phone(room.state, ADA)):
        assert view["right"] == 2 and view["did"]
    assert view_phone(room.state, ADA)["verdict"] == "✓ You saw it coming."
    assert view_phone(room.state, BEN)["verdict"] == ""


@pytest.mark.parametrize(
    "actions",
    [
        ["close"],
        ["reveal"],
        ["again"],
        ["open", "open"],
        ["open", "reveal"],
        ["open", "again"],
        ["open", "close", "reveal", "open"],
        ["open", "close", "reveal", "reveal"],
        ["open", "close", "again", "close", "again"],
    ],
)
def test_a_button_that_makes_no_sense_is_refused(room, actions):
    room.turn(*actions[:-1])
    assert actions[-1] not in room.projector()["can"]
    with pytest.raises(Rejected, match=f"can't {actions[-1]}"):
        room.turn(actions[-1])


def test_a_vote_that_was_closed_by_mistake_goes_on(room):
    room.turn("open")
    room.say(ADA, 0)
    room.turn("close", "open")
    room.say(ADA, 1)
    room.turn("close")
    assert room.counts() == [0, 1, 0, 0]


def test_opening_one_vote_closes_the_other(room):
    room.turn("open")
    room.turn("open", vote=OTHER)
    assert not room.projector()["open"] and room.projector(OTHER)["open"]
    assert view_phone(room.state, ADA)["vote"] == OTHER


def test_advice_follows_the_share_of_right_answers(room):
    room.turn("open")
    for learner, choice in ((ADA, 2), (BEN, 0)):
        room.say(learner, choice)
    room.turn("close")
    ask = {"advice": "discuss in pairs, and vote again", "question": "How many commands is it?"}
    assert room.projector()["ask"] == ask
    room.turn("again", "close")
    assert room.projector()["ask"]["advice"] == ""
    room.turn("open")
    room.say(ADA, 2, round=2)
    room.turn("close")
    assert room.projector()["ask"]["advice"] == "go on"


def test_an_unknown_vote_option_or_exercise_is_refused(room):
    for vote, choice in (("99-none", 0), (VOTE, 4), ("<script>", 0)):
        with pytest.raises(Rejected) as refused:
            room.say(ADA, choice, vote=vote)
        assert refused.value.status == 404
    with pytest.raises(Rejected, match="no exercise"):
        room.run(ADA, exercise="eval")
    assert room.state.runs == {} or not any(room.state.runs.values())


def test_an_exercise_counts_each_learners_last_verdict(room):
    for learner in (ADA, BEN, CLEO):
        room.run(learner)
    room.run(ADA, passed=True)
    room.run(BEN, failure=None)
    late = new_learner()
    room.join(late)
    here = Here(room.state, [], room.now)
    assert view_exercise(room.state, EXERCISE, here.notebooks) == {
        "exercise": EXERCISE,
        "passed": 1,
        "failures": [
            {"failure": "", "title": "", "learners": 1},
            {"failure": "F20", "title": "Acknowledge, then requeue", "learners": 1},
        ],
        "not_run": 1,
    }


def test_a_verdict_that_is_sent_again_counts_once(room):
    assert len(room.run(ADA, at=5.0)) == 1
    assert room.run(ADA, at=5.0) == []
    assert len(room.run(ADA, at=6.0)) == 1


def test_a_notebook_next_to_a_phone_is_not_asked_for_a_second_vote(room):
    room.join(ADA, notebook=False)
    room.run(BEN)
    room.turn("open")
    room.say(ADA, 0)
    assert room.projector()["rounds"][0] == {"voted": 1, "of": 1, "counts": None}
    room.say(BEN, 0)
    assert room.projector()["rounds"][0]["of"] == 2


def test_without_phones_each_notebook_is_asked(room):
    for learner in (ADA, BEN, CLEO):
        room.join(learner)
    room.turn("open")
    room.say(ADA, 0)
    assert room.projector()["rounds"][0] == {"voted": 1, "of": 3, "counts": None}


def test_a_phone_is_here_while_its_page_listens(room):
    room.join(ADA, notebook=False)
    room.now += 3600
    assert not Here(room.state, [], room.now).all
    assert Here(room.state, [ADA], room.now).all == {ADA}


def test_ten_thousand_learners_from_one_address_leave_room_for_others(room):
    refused = 0
    for number in range(10_000):
        try:
            room.join(f"{number:016x}")
        except Rejected as error:
            refused += error.status == 503
    assert len(room.state.learners) == MOST_PER_ADDRESS and refused == 10_000 - MOST_PER_ADDRESS
    room.join("f" * 16, address="10.0.0.2")
    assert room.say(f"{1:016x}", 2), "a learner who is in already goes on"
    for number in range(MOST_LEARNERS):
        try:
            room.join(f"{number:015x}a", address=f"10.0.1.{number % 250}")
        except Rejected:
            break
    assert len(room.state.learners) == MOST_LEARNERS


def test_a_state_is_what_its_events_add_up_to(room):
    room.turn("open")
    room.say(ADA, 0)
    room.run(BEN)
    room.join(ADA, name="Ada")
    room.turn("close", "again")
    room.say(ADA, 2, round=2)
    again = State(PLAN, room.events)
    assert (again.learners, again.standing, again.runs) == (room.state.learners, room.state.standing, room.state.runs)
    assert view_phone(again, ADA) == view_phone(room.state, ADA)


def test_an_allowance_lets_a_burst_through_and_then_a_rate():
    now = 0.0
    allowance = Allowance(rate=2, most=5, clock=lambda: now)
    for _ in range(5):
        allowance.take("ada")
    with pytest.raises(Rejected) as refused:
        allowance.take("ada")
    assert (refused.value.status, refused.value.more["retry_after"]) == (429, pytest.approx(0.5))
    allowance.take("ben")
    now = 0.5
    allowance.take("ada")
    with pytest.raises(Rejected):
        allowance.take("ada")


def test_an_allowance_remembers_a_bounded_number_of_keys():
    allowance = Allowance(rate=1, most=1, clock=lambda: 0.0)
    for number in range(3 * allowance.KEYS):
        allowance.take(str(number))
    assert len(allowance._full_at) <= allowance.KEYS
