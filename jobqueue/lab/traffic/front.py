"""The HTTP front of a lab's queue: `jobqueue serve` in a process of its own, and a client that waits in a thread."""

import asyncio
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPMessage
from typing import IO, Any

import msgspec

from jobqueue.admission import Watermarks
from jobqueue.errors import JobQueueError
from jobqueue.keys import Tier
from jobqueue.printable import printable_json
from jobqueue.server.leash import Leashed

#: Seconds that the client waits for an answer.
PATIENCE = 10


class NoFront(JobQueueError):
    """Raised if `jobqueue serve` doesn't start, with the line that it printed."""


class HttpAnswer(msgspec.Struct):
    """The answer to an HTTP request. It shows itself as it came, without the headers that a lesson doesn't need."""

    status: int
    reason: str
    headers: HTTPMessage
    body: dict[str, Any]

    def __repr__(self) -> str:
        lines = [f"HTTP/1.1 {self.status} {self.reason}"]
        lines += [f"{name}: {self.headers[name]}" for name in ("Retry-After", "Location") if name in self.headers]
        return "\n".join([*lines, "", printable_json(self.body)])


class Front:
    """`jobqueue serve` on a free port of this machine. It ends with `close`, or with this process."""

    def __init__(self, redis_url: str, queue: str, capacity: Mapping[Tier, int | Watermarks]):
        options = ["--port", "0", "--queue", queue]
        bounds = ",".join(f"{tier}={_bound(given)}" for tier, given in capacity.items())
        options += ["--capacity", bounds] if bounds else []
        command = [sys.executable, "-m", "jobqueue.cli", "serve", *options]
        address = {
            **os.environ,
            "JOBQUEUE_REDIS_URL": redis_url,
        }  # every user can read a command line, with its password
        self.process = Leashed(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=address)
        self.url = ""

    @property
    def output(self) -> IO[bytes]:
        """Everything that it prints."""
        if self.process.stdout is None:
            raise RuntimeError("the front's output goes to no pipe")
        return self.process.stdout

    async def started(self) -> "Front":
        """Wait until it listens; returns itself. Raises NoFront with the front's own complaint."""
        line = (await asyncio.to_thread(self.output.readline)).decode().strip()
        if not line.startswith("http://"):
            self.close()
            raise NoFront(line or "it ended and printed nothing")
        self.url = line.split()[0]
        return self

    async def post(self, task: str, payload: Any = None, **options: Any) -> HttpAnswer:
        """POST /jobs with any argument of `Queue.enqueue` except `wait`; returns the answer, whatever its status."""
        body = msgspec.json.encode({"task": task, "payload": payload, **options})
        request = urllib.request.Request(f"{self.url}/jobs", body, {"Content-Type": "application/json"})
        return await asyncio.to_thread(_send, request)

    def close(self) -> None:
        """Kill it. It remembers nothing, so nothing is lost."""
        try:
            self.process.kill()
            self.process.wait()
        finally:
            self.output.close()


#: Without the machine's proxies, because the front is on this machine.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def _send(request: urllib.request.Request) -> HttpAnswer:
    try:
        answer = _open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:  # 503 is an answer too
        answer = error
    with answer:
        content = answer.read()
        try:
            body = msgspec.json.decode(content, type=dict)
        except ValueError:  # a server's error page is plain text
            body = {"detail": content.decode(errors="replace")}
        return HttpAnswer(answer.status, answer.reason, answer.headers, body)


def _bound(given: int | Watermarks) -> str:
    return ":".join(map(str, given)) if isinstance(given, tuple) else str(given)
