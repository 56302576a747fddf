"""Many learners at once, over real connections to a real server: how quick it is, and that no vote is lost."""

import asyncio
import contextlib
import json
import random
import time

import pytest

from helpers import eventually_async
from jobqueue.lab.workshop.workshop import Workshop
from workshop_steps import EXERCISE, OTHER, PLAN, VOTE, answer, new_learner, results, serving, verdict

#: Seconds that one vote may take here, where all phones and other tests share the machine. Alone it takes under one.
PATIENCE = 20.0


class Phone:
    """A learner's page, as bytes: it listens, and posts on a second connection, as a browser does."""

    def __init__(self, server, rng=random):
        self.server, self.learner, self.view = server, new_learner(rng), None
        self.confirmed = {}
        self._page = None

    async def start(self):
        self._page = asyncio.create_task(self._listen())
        await self.until(lambda: self.view)

    async def close(self):
        self._page.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._page
        self.view = None

    async def until(self, condition):
        await eventually_async(condition, timeout=60)

    async def vote(self, choice, vote=VOTE, round=1):
        """Send until it's confirmed, as the page does. Returns the seconds that the last try took."""
        body = answer(self.learner, choice, vote, round=round, at=time.time())
        while True:
            begun = time.monotonic()
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, IndexError):
                if (status := await self.post("/api/answer", body)) == 200:
                    self.confirmed[vote, round] = choice
                    return time.monotonic() - begun
                assert status in (429, 503), status
            await asyncio.sleep(0.1)

    async def post(self, path, body, code=None):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        reader, writer = await self._ask("POST", path, code, content)
        try:
            return int((await reader.read()).split()[1])
        finally:
            writer.close()

    async def _listen(self):
        while True:
            with contextlib.suppress(OSError):  # the server is away, so come back, as the page does
                await self._hear()
            await asyncio.sleep(0.2)

    async def _hear(self):
        reader, writer = await self._ask("GET", f"/api/live?learner={self.learner}")
        try:
            async for line in reader:
                if line.startswith(b"data: "):
                    self.view = json.loads(line[6:])
        finally:
            writer.close()

    async def _ask(self, method, path, code=None, content=b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\nConnection: close\r\n"
        head += f"Authorization: Bearer {code or self.server.code}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        return reader, writer


async def turn(server, action, vote=VOTE):
    body = {"vote": vote, "action": action}
    assert await Phone(server).post("/api/desk/turn", body, code=server.key) == 200


def count_votes(server):
    return {vote["vote"]: vote["before"]["voted"] for vote in results(server)["votes"]}


@pytest.mark.slow
async def test_two_hundred_phones_vote_at_once(tmp_path):
    with serving(tmp_path) as server:
        phones = [Phone(server) for _ in range(200)]
        for start in range(0, 200, 20):
            await asyncio.gather(*(phone.start() for phone in phones[start : start + 20]))

        async def vote(phone, number):
            await phone.until(lambda: phone.view["open"] if phone.view["vote"] else None)
            return await phone.vote(number % 4)

        voting = asyncio.gather(*(vote(phone, number) for number, phone in enumerate(phones)))
        await turn(server, "open")
        seconds = sorted(await voting)
        print(f"200 votes: p50 {seconds[100]:.2f} s, p95 {seconds[190]:.2f} s, longest {seconds[-1]:.2f} s")
        assert count_votes(server) == {VOTE: 200}
        assert results(server)["votes"][0]["before"]["counts"] == [50, 50, 50, 50]
        assert seconds[-1] < PATIENCE
        await asyncio.gather(*(phone.close() for phone in phones))


async def be_hostile(server):
    """Send what no page would, as fast as the server takes it, until cancelled."""
    phone = Phone(server)
    while True:
        for path, body, code in [
            ("/api/answer", b'{"learner": "' + b"a" * 3000, None),
            ("/api/answer", answer(phone.learner, vote="03-none"), None),
            ("/api/answer", answer(new_learner()), "AAAAAAAA"),
            ("/api/desk/turn", {"vote": VOTE, "action": "close"}, None),
            ("/api/desk/turn", {"vote": VOTE, "action": "reveal"}, None),
            ("/api/verdict", verdict(phone.learner) | {"code": "import os"}, None),
            ("/api/answer", b"[" * 2000, None),
        ]:
            with contextlib.suppress(OSError, IndexError):
                assert await phone.post(path, body, code) in (401, 404, 413, 422, 429), path
        await asyncio.sleep(0)


@pytest.mark.slow
async def test_forty_learners_a_hostile_one_and_a_kill_in_the_middle(tmp_path):
    rng = random.Random(7)
    with serving(tmp_path) as first:
        phones = [Phone(first, rng) for _ in range(40)]
        await asyncio.gather(*(phone.start() for phone in phones))
        hostile = asyncio.create_task(be_hostile(first))
        await turn(first, "open")

        async def take_part(number, phone):
            for choice in rng.sample(range(4), 4):
                await phone.vote(choice)
                if number % 5 == 1 and phone.view:  # reloads
                    await phone.close()
                    await phone.start()
                if number % 10 == 2:  # leaves after its first vote
                    return await phone.close()
                await asyncio.sleep(rng.uniform(0, 0.3))

        lesson = asyncio.gather(*(take_part(number, phone) for number, phone in enumerate(phones)))
        await eventually_async(lambda: sum(bool(phone.confirmed) for phone in phones) >= 20)
        hostile.cancel()
        first.kill()
        first.wait(timeout=20)
        assert not lesson.done(), "it was killed in the middle"
        with serving(tmp_path, port=first.port) as second:
            hostile = asyncio.create_task(be_hostile(second))
            await asyncio.wait_for(lesson, 120)
            here = [phone for number, phone in enumerate(phones) if number % 10 != 2]
            await turn(second, "close")
            await turn(second, "again")
            await asyncio.gather(*(phone.vote(2, round=2) for phone in here))
            await turn(second, "close")
            await turn(second, "reveal")
            assert await Phone(second).post("/api/verdict", verdict(here[0].learner, passed=True)) == 200
            await asyncio.gather(*(phone.vote(1, vote=OTHER) for phone in here[:7]))
            assert not hostile.done()
            hostile.cancel()
            for phone in here:
                await phone.close()
    workshop = Workshop(tmp_path / "workshop.jsonl", PLAN)
    standing, runs = workshop.state.standing, workshop.state.runs
    workshop.close()
    for vote, round in ((VOTE, 1), (VOTE, 2), (OTHER, 1)):
        confirmed = {
            phone.learner: phone.confirmed[vote, round] for phone in phones if (vote, round) in phone.confirmed
        }
        assert standing[vote].answers[round] == confirmed
    assert len(standing[VOTE].answers[1]) == 40 and len(standing[VOTE].answers[2]) == 36
    assert standing[VOTE].revealed and list(runs[EXERCISE]) == [here[0].learner]
