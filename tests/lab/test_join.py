"""A notebook that joined a workshop sends answers and verdicts there, and never code. No lesson waits for it."""

import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from helpers import eventually, python
from jobqueue.errors import BadSetting
from jobqueue.lab import check, vote
from jobqueue.lab.solutions import pick as kits_own
from jobqueue.lab.votes.votes import votes_in
from jobqueue.lab.workshop import join as joining
from jobqueue.lab.workshop.messages import CheckRun, Hello, VoteCast
from jobqueue.lab.workshop.sender import AWAY
from workshop_steps import results, serving

CODE = "K7QM2XPD"
KINDS = {"/api/hello": Hello, "/api/answer": VoteCast, "/api/verdict": CheckRun}

#: Seconds in which a click is done, however slow the workshop is: far less than it takes to give up on it.
AT_ONCE = 1.0


class Receiver:
    """A server that takes messages as the workshop does, and keeps them. `refuse(message)` may give another answer."""

    def __init__(self, port=0, refuse=lambda message: None):
        receiver = self
        self.messages = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = msgspec.json.decode(body, type=KINDS[self.path])
                right = self.headers["Authorization"] == f"Bearer {CODE}"
                status, answer = (refuse(message) if right else (401, {})) or (200, {})
                if status == 200:
                    receiver.messages.append((message, json.loads(body)))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def of(self, kind):
        return [message for message, _ in self.messages if isinstance(message, kind)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receive():
    with contextlib.ExitStack() as stack:

        def start(*args, **options):
            receiver = Receiver(*args, **options)
            stack.callback(receiver.close)
            return receiver

        yield start


@pytest.fixture(autouse=True)
def kernel(monkeypatch, tmp_path):
    """A kernel that has just started, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOBQUEUE_VOTES", raising=False)
    leave()
    yield tmp_path
    leave()


def leave():
    if joining._sender:
        joining._sender.close()
    joining._sender, joining._note = None, ""
    votes_in.cache_clear()


def address(port):
    return f"http://127.0.0.1:{port}/join/{CODE}"


def ask(vote_id="03-reaper-dies"):
    return vote(vote_id, "Where is it?", A="here", B="there", C="nowhere")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


async def mine():
    def pick(heads):
        return max(heads, key=lambda tier: heads[tier] + {"high": 40, "normal": 20, "low": 0}[tier])

    return await check.pick(pick)


async def inverted():
    def pick(heads):
        return min(heads, key=heads.get)  # a secret of mine

    return await check.pick(pick)


def test_an_answer_arrives_and_a_second_one_too(receive, capsys):
    receiver = receive()
    joining.join(address(receiver.port), name="Ada")
    assert "You've joined the workshop" in capsys.readouterr().out
    asked = ask()
    asked.choose("A")
    eventually(lambda: receiver.of(VoteCast))
    asked.choose("C")
    first, second = eventually(lambda: len(answers := receiver.of(VoteCast)) == 2 and answers)
    assert (first.vote, first.choice, first.round) == ("03-reaper-dies", 0, 1)
    assert second.choice == 2
    assert receiver.of(Hello)[0].name == "Ada"


async def test_a_verdict_arrives_as_a_failure_and_without_a_word_of_the_code(receive, monkeypatch):
    receiver = receive()
    monkeypatch.setenv("JOBQUEUE_WORKSHOP", f"http://127.0.0.1:{receiver.port}/#{CODE}")
    verdict = await inverted()
    eventually(lambda: receiver.of(CheckRun))
    await mine()
    eventually(lambda: len(receiver.of(CheckRun)) == 2)
    bodies = [body for message, body in receiver.messages if isinstance(message, CheckRun)]
    assert (bodies[0]["exercise"], bodies[0]["passed"], bodies[0]["failure"]) == ("pick", False, verdict.failure)
    assert (bodies[-1]["passed"], bodies[-1]["failure"]) == (True, None)
    assert set(bodies[0]) == {"learner", "exercise", "passed", "seconds", "failure", "at", "name"}
    assert "secret" not in json.dumps(bodies)


async def test_what_is_not_written_yet_or_not_ones_own_is_no_answer(receive):
    receiver = receive()
    joining.join(address(receiver.port))

    def pick(heads): ...

    assert (await check.pick(pick)).bug == "not-written-yet"
    assert (await check.pick(kits_own)).ok
    ask().choose("A")
    eventually(lambda: receiver.of(VoteCast))
    assert receiver.of(CheckRun) == []


def test_a_learner_stays_the_same_one_after_a_restart(receive, kernel):
    receiver = receive()
    joining.join(address(receiver.port))
    leave()
    joining.join(address(receiver.port))
    one, other = eventually(lambda: len(receiver.of(Hello)) == 2 and receiver.of(Hello))
    assert one.learner == other.learner == json.loads((kernel / "votes.json").read_text(encoding="utf-8"))["learner"]


def test_a_dead_address_costs_one_note(monkeypatch):
    monkeypatch.setenv("JOBQUEUE_WORKSHOP", address(free_port()))
    asked = ask()
    eventually(lambda: joining._sender._trouble)
    began = time.monotonic()
    asked.choose("A")
    assert time.monotonic() - began < AT_ONCE
    assert asked.note == AWAY
    asked.choose("B")
    assert asked.note.startswith("kept in votes.json")
    assert asked.answers() == ["A", "B"]


def test_a_workshop_that_never_answers_holds_up_no_cell(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("JOBQUEUE_WORKSHOP", address(silent.getsockname()[1]))
        began = time.monotonic()
        asked = ask()
        for letter in "ABCABC":
            asked.choose(letter)
        assert time.monotonic() - began < AT_ONCE
        eventually(lambda: joining._sender._trouble)
        asked.choose("A")
        assert asked.note == AWAY


def test_the_last_answers_arrive_when_the_workshop_is_back(receive):
    receiver = receive()
    joining.join(address(receiver.port))
    ask("01-popped").choose("B")
    eventually(lambda: receiver.of(VoteCast))
    receiver.close()
    asked = ask()
    asked.choose("A")
    eventually(lambda: joining._sender._trouble)
    asked.choose("C")
    again = receive(receiver.port)
    eventually(lambda: len(again.of(VoteCast)) == 2)
    assert {cast.vote: cast.choice for cast in again.of(VoteCast)} == {"01-popped": 1, "03-reaper-dies": 2}
    assert again.of(Hello)


def test_an_answer_goes_into_the_second_round_if_that_is_open(receive):
    def refuse(message):
        return (409, {"round": 2}) if isinstance(message, VoteCast) and message.round == 1 else None

    receiver = receive(refuse=refuse)
    joining.join(address(receiver.port))
    ask().choose("B")
    [cast] = eventually(lambda: receiver.of(VoteCast))
    assert (cast.round, cast.choice) == (2, 1)


def test_too_fast_is_slowed_down_and_nothing_is_lost(receive):
    refusals = [(429, {"retry_after": 0.1})] * 3
    receiver = receive(refuse=lambda message: refusals.pop() if refusals else None)
    joining.join(address(receiver.port))
    ask().choose("B")
    eventually(lambda: receiver.of(VoteCast) and receiver.of(Hello))


def test_a_wrong_code_is_said_and_nothing_more_is_sent(receive, capsys):
    receiver = receive()
    joining.join(f"http://127.0.0.1:{receiver.port}/#22222222")
    assert "refuses this code" in capsys.readouterr().out
    ask().choose("A")
    eventually(lambda: not any(thread.name == "jobqueue-workshop" for thread in threading.enumerate()))
    assert receiver.messages == []


def test_an_address_that_is_none_is_said(monkeypatch):
    with pytest.raises(BadSetting, match="no address of a workshop"):
        joining.join("ftp://somewhere")
    monkeypatch.setenv("JOBQUEUE_WORKSHOP", "somewhere")
    asked = ask()
    asked.choose("A")
    assert asked.note.startswith("No workshop was joined. JOBQUEUE_WORKSHOP: 'somewhere' is no address")


PROGRAM = """
import json, sys, threading, time
from jobqueue.lab import vote
import jobqueue.lab.check
vote("01-popped", "Where?", A="here", B="there").choose("A")
print(json.dumps({"sender": "jobqueue.lab.workshop.sender" in sys.modules, "threads": threading.active_count()}))
"""


def test_without_a_workshop_no_network_code_is_loaded_and_no_thread_started(monkeypatch):
    monkeypatch.delenv("JOBQUEUE_WORKSHOP", raising=False)
    with python(PROGRAM) as process:
        assert process.json() == {"sender": False, "threads": 1}


def test_no_thread_outlives_the_kernel(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("JOBQUEUE_WORKSHOP", address(silent.getsockname()[1]))
        with python(PROGRAM) as process:
            assert process.json() == {"sender": True, "threads": 2}
            assert process.wait(10) == 0


@pytest.mark.slow
def test_no_answer_is_lost_when_the_instructors_machine_restarts(tmp_path):
    with serving(tmp_path) as workshop:
        joining.join(workshop.join)
        ask("01-popped").choose("B")
        eventually(lambda: results(workshop)["votes"])
    asked = ask()
    asked.choose("A")
    eventually(lambda: joining._sender._trouble)
    asked.choose("C")
    with serving(tmp_path, port=workshop.port) as workshop:
        votes = eventually(lambda: len(votes := results(workshop)["votes"]) == 2 and votes)
        assert {each["vote"]: each["before"]["counts"].index(1) for each in votes} == {"01-popped": 1, ask().vote_id: 2}
