"""The thread that sends a notebook's messages to the workshop. No cell waits for it, and it ends with the kernel."""

import json
import random
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import msgspec

from jobqueue.lab.workshop.address import Address
from jobqueue.lab.workshop.messages import CheckRun, Hello, VoteCast

#: Seconds that the workshop has for an answer.
TIMEOUT = 3.0

#: Seconds between two tries when it's away, the shortest and the longest. Each pause is up to twice the one before, and
#: random, because a whole class tries again when the workshop is back.
SHORTEST, LONGEST = 1.0, 15.0

#: Messages that are kept, at most: the newest of each vote and exercise. A course has about 40.
MOST = 200

#: Seconds in which an answer may go into the second round instead, if that's open: see messages.py.
JUST_CLICKED = 20.0

AWAY = "The workshop doesn't answer. Go on: your answers are kept here, and will be sent when it's back."


class Parcel(NamedTuple):
    """A message on its way. Of those with the same `key` only the newest counts."""

    key: tuple[str, ...]
    path: str
    message: Hello | VoteCast | CheckRun
    made_at: float


class Sender:
    """Sends to the workshop at `address` as this learner, from now on."""

    def __init__(self, address: Address, learner: str, name: str | None):
        self.address, self.learner, self.name = address, learner, name
        self._tried = threading.Event()
        self._trouble, self._is_noted = "", False
        self._sent: dict[tuple[str, ...], Parcel] = {}
        self._waiting: dict[tuple[str, ...], Parcel] = {}
        self._closed, self._turn = False, threading.Condition()
        self._open = build_opener(ProxyHandler({})).open  # a workshop is in the same network
        self._send(("hello",), "hello", Hello(learner, name))
        threading.Thread(target=self._run, name="jobqueue-workshop", daemon=True).start()

    def send_answer(self, vote: str, choice: int) -> None:
        self._send(("answer", vote), "answer", VoteCast(self.learner, vote, choice, time.time()))

    def send_verdict(self, exercise: str, passed: bool, failure: str | None, seconds: float) -> None:
        run = CheckRun(self.learner, exercise, passed, seconds, failure, time.time())
        self._send(("verdict", exercise), "verdict", run)

    def take_trouble(self) -> str:
        """What the learner should know: a sentence the first time, and "" from then on."""
        with self._turn:
            words = "" if self._is_noted else self._trouble
            self._is_noted |= bool(words)
            return words

    def await_answer(self, seconds: float) -> str:
        """Wait for the workshop's first answer. Returns what the learner should know; "" if all is well."""
        return self.take_trouble() if self._tried.wait(seconds) else AWAY

    def close(self) -> None:
        """Send nothing more."""
        with self._turn:
            self._closed = True
            self._turn.notify()

    def _send(self, key: tuple[str, ...], path: str, message: Hello | VoteCast | CheckRun) -> None:
        with self._turn:
            if key in self._waiting or len(self._waiting) + len(self._sent) < MOST:
                self._waiting[key] = Parcel(key, path, message, time.monotonic())
                self._turn.notify()

    def _run(self) -> None:
        pause = SHORTEST
        while parcel := self._next():
            wait = self._try(parcel)
            self._tried.set()
            pause = min(LONGEST, 2 * pause) if wait is None else SHORTEST
            with self._turn:
                self._turn.wait_for(lambda: self._closed, random.uniform(pause / 2, pause) if wait is None else wait)

    def _next(self) -> Parcel | None:
        """Wait for the oldest message; None once this is closed."""
        with self._turn:
            self._turn.wait_for(lambda: self._waiting or self._closed)
            return None if self._closed else next(iter(self._waiting.values()))

    def _try(self, parcel: Parcel) -> float | None:
        """Send one message. Returns the seconds to wait before the next; None if the workshop is away."""
        status, answer = self._post(parcel)
        if status == 429:
            wait = answer.get("retry_after")
            return min(LONGEST, max(0.0, wait)) if isinstance(wait, float) else SHORTEST
        if status is None or status >= 500:
            self._trouble = AWAY
            with self._turn:  # it may come back without what it had: sent twice, a message counts once
                self._waiting = {**self._sent, **self._waiting}
            return None
        if status == 401:
            self._trouble = "The workshop refuses this code, so nothing was sent. Copy the address from the projector."
            self.close()
        with self._turn:
            if self._waiting.get(parcel.key) == parcel:  # no newer one
                del self._waiting[parcel.key]
            if status == 200:
                self._trouble, self._sent[parcel.key] = "", parcel
        if status == 409 and answer.get("round") == 2 and time.monotonic() - parcel.made_at < JUST_CLICKED:
            second = msgspec.structs.replace(parcel.message, round=2)
            self._send((*parcel.key, "2"), parcel.path, second)
        return 0.0

    def _post(self, parcel: Parcel) -> tuple[int | None, dict[str, Any]]:
        """The status and the body of the answer; None and {} if there's none."""
        headers = {"Authorization": f"Bearer {self.address.code}", "Content-Type": "application/json"}
        body = msgspec.json.encode(parcel.message)
        request = Request(f"{self.address.base}/api/{parcel.path}", body, headers, method="POST")
        try:
            with self._open(request, timeout=TIMEOUT) as response:
                return response.status, {}
        except HTTPError as error:
            with suppress(OSError, ValueError, HTTPException):
                answer = json.loads(error.read(10_000))
                return error.code, answer if isinstance(answer, dict) else {}
            return error.code, {}
        except (OSError, HTTPException, ValueError):  # a refused or a lost connection, or no HTTP at all
            return None, {}
