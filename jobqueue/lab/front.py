"""The HTTP front of a lab's queue: `jobqueue serve` in a process of its own, and a client that waits in a thread."""

import asyncio
import subprocess
import sys
import urllib.error
import urllib.request
from http.client import HTTPMessage
from typing import Any

import msgspec

from jobqueue.backpressure import Watermarks
from jobqueue.errors import JobQueueError
from jobqueue.leash import Leashed

#: Seconds until no answer is taken for one.
PATIENCE = 10


class NoFront(JobQueueError):
    """Raised where `jobqueue serve` did not start: with its own words."""


class Answer(msgspec.Struct):
    """What an HTTP request was answered. Shows itself as it came over the line, but for headers nobody needs."""

    status: int
    reason: str
    headers: HTTPMessage
    body: dict[str, Any]

    def __repr__(self) -> str:
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {self.headers[name]}" for name in ("Retry-After", "Location") if name in self.headers]
        return "\n".join([*lines, "", msgspec.json.format(msgspec.json.encode(self.body)).decode()])


class Front:
    """`jobqueue serve` on a free port of this machine, on the leash: it ends with `close`, or with this process."""

    def __init__(self, redis_url: str, queue: str, capacity: dict[str, int | Watermarks]):
        options = ["--port", "0", "--url", redis_url, "--queue", queue]
        bounds = ",".join(f"{tier}={_bound(given)}" for tier, given in capacity.items())
        options += ["--capacity", bounds] if bounds else []
        command = [sys.executable, "-m", "jobqueue.cli", "serve", *options]
        self.process = Leashed(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.url = ""

    async def started(self) -> "Front":
        """Wait until it listens. Raises NoFront, with what it complained of."""
        said = (await asyncio.to_thread(self.process.stdout.readline)).decode().strip()
        if not said.startswith("http://"):
            self.close()
            raise NoFront(said or "it ended without a word")
        self.url = said.split()[0]
        return self

    async def post(self, task: str, payload: Any = None, **options: Any) -> Answer:
        """POST /jobs, with any argument of `Queue.enqueue` but `wait`; whatever the answer, it is returned."""
        body = msgspec.json.encode({"task": task, "payload": payload, **options})
        request = urllib.request.Request(f"{self.url}/jobs", body, {"Content-Type": "application/json"})
        return await asyncio.to_thread(_send, request)

    def close(self) -> None:
        """Kill it: it remembers nothing, so nothing is lost."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


#: Whatever proxies this machine has, the front is on it.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def _send(request: urllib.request.Request) -> Answer:
    try:
        answer = _open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:  # 503 is an answer too
        answer = error
    with answer:
        return Answer(answer.status, answer.reason, answer.headers, msgspec.json.decode(answer.read()))


def _bound(given: int | Watermarks) -> str:
    return ":".join(map(str, given)) if isinstance(given, tuple) else str(given)
