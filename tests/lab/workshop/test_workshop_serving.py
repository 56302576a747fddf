"""`jobqueue workshop` as a process of its own: how it starts and ends, where it listens, and what a page hears."""

import json
import signal
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from helpers import eventually
from jobqueue.lab.workshop.address import parse
from workshop_steps import VOTE, answer, new_learner, results, send, serving

ADA, BEN = new_learner(), new_learner()


def desk(server, path, body):
    reply = httpx.post(
        f"http://127.0.0.1:{server.port}{path}",
        json=body,
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=20,
    )
    assert reply.status_code == 200, reply.text


def voted(server):
    return {vote["vote"]: vote["before"]["voted"] for vote in results(server)["votes"]}


def first_view(server, path, token):
    """The first view that a page gets; then it goes."""
    with httpx.stream("GET", f"{server.url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=20) as page:
        line = next(line for line in page.iter_lines() if line.startswith("data: "))
        return json.loads(line.removeprefix("data: "))


def test_killed_and_started_again_it_has_the_same_tokens_and_every_confirmed_vote(tmp_path):
    with serving(tmp_path) as first:
        assert send(first, "/api/answer", answer(ADA)).status_code == 200
        desk(first, "/api/desk/turn", {"vote": VOTE, "action": "open"})
        assert send(first, "/api/answer", answer(BEN, 0)).status_code == 200
        first.kill()
        first.wait(timeout=20)
    with serving(tmp_path, port=first.port) as second:
        assert (second.code, second.key, second.url) == (first.code, first.key, first.url)
        assert voted(second) == {VOTE: 2}
        view = first_view(second, f"/api/live?learner={BEN}", second.code)
        assert (view["vote"], view["open"], view["mine"]["1"]) == (VOTE, True, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_though_pages_listen(tmp_path, number):
    with serving(tmp_path) as server:
        headers = {"Authorization": f"Bearer {server.code}"}
        with httpx.stream("GET", f"{server.url}/api/live?learner={ADA}", headers=headers, timeout=20) as page:
            lines = page.iter_lines()
            assert next(lines).startswith("data: ")
            server.send_signal(number)
            assert not any(line.startswith("data: ") for line in lines), "the stream ends, and nothing is cut off"
        assert server.wait(timeout=20) == 0
    assert server.complaints == ""


def test_by_default_it_listens_on_this_machine_only(tmp_path):
    with serving(tmp_path) as server:
        assert urlsplit(server.url).hostname == "127.0.0.1"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", server.port), timeout=5)


def test_on_a_network_it_prints_the_address_that_learners_type(tmp_path):
    with serving(tmp_path, "--lan", "127.0.0.2") as server:
        assert parse(server.join).base == f"http://127.0.0.2:{server.port}"
        assert server.projector.startswith("http://127.0.0.1:")
        assert send(server, "/api/answer", answer(ADA)).status_code == 200
        view = first_view(server, "/api/desk/live", server.key)
        assert view["base"] == server.url and view["qr"].startswith("data:image/svg+xml")
        assert voted(server) == {VOTE: 1}


def test_a_page_counts_as_here_until_it_goes_and_hears_what_the_instructor_does(tmp_path):
    with serving(tmp_path) as server:
        headers = {"Authorization": f"Bearer {server.code}"}
        with httpx.stream("GET", f"{server.url}/api/live?learner={ADA}", headers=headers, timeout=20) as page:
            views = (json.loads(line[6:]) for line in page.iter_lines() if line.startswith("data: "))
            assert next(views) == {"vote": None}
            desk(server, "/api/desk/turn", {"vote": VOTE, "action": "open"})
            assert next(views)["open"]
            desk(server, "/api/desk/turn", {"vote": VOTE, "action": "close"})
            assert not next(views)["open"]
            assert first_view(server, "/api/desk/live", server.key)["here"] == 1
            for _ in range(2):
                first_view(server, f"/api/live?learner={ADA}", server.code)  # other tabs of hers, which go
        for _ in range(3):  # a page that has gone leaves its place, as only three may be open
            eventually(lambda: first_view(server, f"/api/live?learner={ADA}", server.code), timeout=20)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--lan", "192.0.2.77"], "cannot listen at 192.0.2.77"),
        (["--votes", "no/such/folder"], "No such file or directory"),
        (["--votes", "thesis.txt"], "thesis.txt isn't a workshop's file"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(tmp_path, capsys, monkeypatch, options, reason):
    from jobqueue.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "thesis.txt").write_text("Once\nupon\n", encoding="utf-8")
    assert main(["workshop", "--port", "0", *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("jobqueue workshop: ") and reason in error and error.count("\n") == 1


def test_a_second_workshop_on_the_same_votes_is_refused(tmp_path, capsys, monkeypatch):
    from jobqueue.cli import main

    monkeypatch.chdir(tmp_path)
    with serving(tmp_path):
        assert main(["workshop", "--port", "0"]) == 2
    assert "another workshop is using workshop.jsonl" in capsys.readouterr().err
