"""What answers over HTTP: the front that `jobqueue serve` runs, and the figures of one worker."""

import asyncio
import os
import re
import signal
import time
from argparse import Namespace
from pathlib import Path

from jobqueue.cli.commands import Refused, given, needing, with_queue
from jobqueue.front.listen import cannot_listen, listen, location
from jobqueue.handler import Handler
from jobqueue.printable import log
from jobqueue.queue import Queue

#: Seconds that running requests have to end after you stop the front.
LAST_ANSWERS = 10


def serve(arguments: Namespace) -> int:
    with needing("http"):
        from jobqueue.front.deadline import FrontServer
        from jobqueue.front.http import create_app
    token = _read_token(arguments.token_file)

    async def do(queue: Queue) -> int:
        with listen(arguments.host, arguments.port) as listening:
            app = create_app(queue, {arguments.host, *arguments.allow_host}, token)
            server = FrontServer(app, graceful=LAST_ANSWERS)
            # After draining, uvicorn raises the signal again to die of it. But this was a clean end, so exit with 0.
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, lambda: None)
            at = location(arguments.host, listening.getsockname()[1])
            print(f"http://{at} for the queue {queue.keys.name}", flush=True)
            await server.serve(sockets=[listening])
        return 0

    return with_queue(arguments, do, capacity=arguments.capacity, **given(arguments, "max_bytes"))


async def measure(queue: Queue, handlers: dict[str, Handler], host: str, port: int) -> dict[str, Handler]:
    """Serve the figures of a worker of `queue` at this address. The worker must run the handlers that are returned."""
    with needing("http"):
        from jobqueue.front.worker_metrics import WorkerMetrics
    seconds, microseconds = await queue.redis.time()
    metrics = WorkerMetrics(queue.keys.name, ahead=seconds + microseconds / 1e6 - time.time())
    try:
        port = metrics.serve(host, port)
    except OSError as error:
        raise cannot_listen(host, port, error) from None
    log.addHandler(metrics)
    log.info("metrics at http://%s/metrics", location(host, port))
    return metrics.measure(handlers)


def _read_token(path: Path | None) -> str | None:
    """The token in this file, or in JOBQUEUE_TOKEN; None if there's neither. It's never on the command line: see ps."""
    try:
        token = path.read_text(encoding="utf-8").strip() if path else os.environ.get("JOBQUEUE_TOKEN")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read the token: {error}") from None
    if token is not None and not re.fullmatch("[!-~]+", token):  # an empty one would leave the front open to all
        where = path or "JOBQUEUE_TOKEN"
        raise Refused(f"the token in {where} must be one word of ASCII characters, and not empty")
    return token
