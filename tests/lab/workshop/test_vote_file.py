"""The one file of a workshop: after any end, even in the middle of a line, the same tokens and all confirmed votes."""

import asyncio
import os
import resource

import msgspec
import pytest

from jobqueue.errors import BadSetting
from jobqueue.lab.workshop.events import Started
from jobqueue.lab.workshop.messages import CheckRun, Turn, VoteCast
from jobqueue.lab.workshop.state import Rejected
from jobqueue.lab.workshop.vote_file import VoteFile
from jobqueue.lab.workshop.workshop import Workshop
from workshop_steps import EXERCISE, PLAN, VOTE, answer, held, new_learner, verdict

ADA = new_learner()


async def do_something(workshop):
    await workshop.turn(Turn(VOTE, "open"))
    await workshop.take_answer(VoteCast(**answer(ADA, 1)), "10.0.0.1")
    await workshop.take_verdict(CheckRun(**verdict(ADA)), "10.0.0.1")


def tokens(workshop):
    return workshop.state.code, workshop.state.key


async def test_a_second_run_goes_on_where_the_first_was(tmp_path):
    with held(tmp_path) as first:
        await do_something(first)
        before = tokens(first)
    with held(tmp_path) as second:
        assert tokens(second) == before
        assert second.state.standing[VOTE].open and second.state.standing[VOTE].answers[1] == {ADA: 1}
        assert second.state.runs[EXERCISE][ADA][0].failure == "F20"


async def test_each_confirmed_answer_is_on_the_disk(tmp_path):
    with held(tmp_path) as workshop:
        for choice in (0, 1, 2):
            await workshop.take_answer(VoteCast(**answer(ADA, choice)), "10.0.0.1")
            last = (tmp_path / "workshop.jsonl").read_bytes().splitlines()[-1]
            assert msgspec.json.decode(last)["choice"] == choice


@pytest.mark.parametrize("cut", range(1, 60, 7))
async def test_a_broken_last_line_is_left_out_and_the_next_one_is_whole(tmp_path, cut):
    with held(tmp_path) as first:
        await do_something(first)
        before = tokens(first)
    path = tmp_path / "workshop.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with held(tmp_path) as second:
        assert tokens(second) == before and second.state.standing[VOTE].answers[1] == {ADA: 1}
        assert len(second.broken) == (cut > 1)  # without its line end alone, the line is whole
        await second.take_answer(VoteCast(**answer(ADA, 3)), "10.0.0.1")
    with held(tmp_path) as third:
        assert third.state.standing[VOTE].answers[1] == {ADA: 3}


@pytest.mark.parametrize("cut", [b"", b'{"event":"started","co'])
async def test_a_workshop_that_was_killed_before_its_first_line_starts_over(tmp_path, cut):
    (tmp_path / "workshop.jsonl").write_bytes(cut)
    with held(tmp_path) as workshop:
        await do_something(workshop)
        before = tokens(workshop)
    with held(tmp_path) as again:
        assert tokens(again) == before


@pytest.mark.parametrize(
    "content", [b'{"votes": {}}\n{"version": 1}\n', b"# My thesis\n\nOnce upon a time\n", b"\x00" * 99 + b"\n\n"]
)
def test_another_file_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "workshop.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadSetting, match=r"workshop\.jsonl isn't a workshop's file"):
        Workshop(path, PLAN)
    assert path.read_bytes() == content


def test_two_workshops_cannot_use_one_file(tmp_path):
    with held(tmp_path), pytest.raises(BadSetting, match="another workshop is using"):
        Workshop(tmp_path / "workshop.jsonl", PLAN)


def test_the_file_is_for_its_owner_only(tmp_path):
    with held(tmp_path):
        assert (tmp_path / "workshop.jsonl").stat().st_mode & 0o077 == 0


async def test_a_full_disk_confirms_nothing_is_told_and_loses_nothing_once_it_has_room(tmp_path):
    path = tmp_path / "workshop.jsonl"
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    with held(tmp_path) as workshop:
        await do_something(workshop)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, most))
            with pytest.raises(Rejected, match=r"workshop\.jsonl can't be written: File too large") as refused:
                await workshop.take_answer(VoteCast(**answer(ADA, 3)), "10.0.0.1")
            assert refused.value.status == 503
            assert "File too large" in workshop.view_projector()["trouble"]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        await workshop.take_answer(VoteCast(**answer(ADA, 3)), "10.0.0.1")
        assert workshop.view_projector()["trouble"] == ""
    with held(tmp_path) as again:
        assert again.state.standing[VOTE].answers[1] == {ADA: 3} and not again.broken


async def test_lines_that_come_at_once_are_written_together_and_all_of_them(tmp_path):
    file = VoteFile(tmp_path / "votes")
    syncs = 0
    fsync = os.fsync

    async def add(number):
        file.add(Started(str(number), "", 0.0))
        await file.settle()
        assert f'"code":"{number}"'.encode() in (tmp_path / "votes").read_bytes()

    def count(descriptor):
        nonlocal syncs
        syncs += 1
        fsync(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", count)
        await asyncio.gather(*map(add, range(200)))
    file.close()
    assert len((tmp_path / "votes").read_bytes().splitlines()) == 200
    assert syncs < 20
