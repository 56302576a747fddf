"""The HTTP front for tests: in this process, or as `jobqueue serve` in a process of its own, and lines to it."""

import contextlib
import re
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import psutil
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from jobqueue.front.http import create_app
from jobqueue.server.leash import Leashed

JSON = {"Content-Type": "application/json"}
HEAD = b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def client_of(queue, token=None):
    """The front of `queue` in this process. Each answer must be as /openapi.json says, or the test fails."""
    app = create_app(queue, ["front"], token)

    async def check(answer):
        await answer.aread()
        fault = find_fault(app.openapi(), answer)
        assert not fault, f"{answer.request.method} {answer.url.path} {answer.status_code}: {fault}"

    hooks = {"response": [check]}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://front", event_hooks=hooks)


def find_fault(described, answer):
    """What's wrong with an answer, compared with the description of its path and method; None if it's right."""
    if answer.request.method == "HEAD" or answer.url.path == "/openapi.json":
        return None
    method = answer.request.method.lower()
    for pattern, operations in described["paths"].items():
        if re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(pattern)), answer.url.path, re.S) and method in operations:
            break
    else:
        return None if answer.status_code in (404, 405) else "its path isn't described"
    answers = operations[method]["responses"]
    content = answers.get(str(answer.status_code), answers["default"]).get("content")
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if not content or kind not in content:
        return None if not content and not answer.content else f"{kind} isn't among {content}"
    value = answer.json() if kind == "application/json" else answer.text
    schemas = described["components"]["schemas"].items()
    closed = {name: {"additionalProperties": False} | schema for name, schema in schemas}  # no field is undescribed
    schema = content[kind]["schema"] | {"components": {"schemas": closed}}
    return best_match(Draft202012Validator(schema).iter_errors(value))


#: `jobqueue serve` with less patience, so that a test needn't wait for 20 seconds, and with fewer files.
SERVE = """
import resource, sys
from jobqueue import cli
from jobqueue.front import deadline
patience, files, most = float(sys.argv.pop(1)), int(sys.argv.pop(1)), int(sys.argv.pop(1))
deadline.CLIENT_SECONDS, deadline.MOST = patience, most
if files:
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
sys.exit(cli.main())
"""


@contextlib.contextmanager
def serving(redis_url, *options, patience=20.0, files=0, most=512):
    """`jobqueue serve` in a process of its own, with its `place`; whatever it writes to stderr fails the test."""
    command = [sys.executable, "-c", SERVE, str(patience), str(files), str(most)]
    command += ["serve", "--url", redis_url, "--port", "0", *options]
    front = Leashed(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        front.url = front.stdout.readline().split()[0]
        front.place = (urlsplit(front.url).hostname, urlsplit(front.url).port)
        yield front
    finally:
        front.kill()
        _, complaints = front.communicate()
    assert complaints == ""


def line_to(front, sent=b""):
    line = socket.create_connection(front.place, timeout=20)
    line.sendall(sent)
    return line


def rest(line):
    """All that the front sends until it closes the connection."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(65536):
            received += piece
    return bytes(received)


def is_healthy(front):
    return httpx.get(f"{front.url}/healthz", timeout=10).status_code == 200


def peers(front):
    """Connections of clients that the front has open now."""
    own = psutil.Process(front.pid).net_connections("tcp")
    return [one for one in own if one.laddr and one.laddr.port == front.place[1] and one.status == "ESTABLISHED"]


STUCK = {
    "half a line": b"POST /jo",
    "half the body": HEAD + b"Content-Length: 9\r\n\r\n{",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "no last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "a body that was asked for": HEAD + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
}
