"""`jobqueue workshop`: serve a workshop on this machine, and with --lan to the network, until SIGTERM or Ctrl-C."""

import asyncio
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from jobqueue.errors import BadSetting
from jobqueue.front.deadline import FrontServer
from jobqueue.front.listen import listen, location
from jobqueue.lab.course.shelf import course
from jobqueue.lab.workshop.app import create_app
from jobqueue.lab.workshop.plan import read_plan
from jobqueue.lab.workshop.state import Rejected
from jobqueue.lab.workshop.workshop import Workshop
from jobqueue.printable import printable

#: The instructor's pages are always here. Their key never crosses a network.
HOME = "127.0.0.1"

#: Seconds that running requests have to end. The pages' streams end at once.
LAST_ANSWERS = 5


def run_workshop(votes: Path, port: int, lan: str | None, earlier: list[Path]) -> int:
    """Serve until a signal. `lan` is an address of this machine, "" to find one, None to serve this machine only."""
    workshop = Workshop(votes, read_plan(course()), earlier)
    try:
        asyncio.run(_serve(workshop, port, find_own_address() if lan == "" else lan))
    finally:
        workshop.close()
    return 0


async def _serve(workshop: Workshop, port: int, lan: str | None) -> None:
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(listen(HOME, port))]
        port = sockets[0].getsockname()[1]
        if lan and lan != HOME:
            sockets.append(open_sockets.enter_context(listen(lan, port)))
        workshop.base, workshop.reachable = f"http://{location(lan or HOME, port)}", len(sockets) == 2
        name = socket.gethostname().lower()
        server = _WorkshopServer(create_app(workshop, [name, f"{name}.local"]), graceful=LAST_ANSWERS)
        server.workshop = workshop
        # After the last answers uvicorn raises the signal again to die of it. But this is a clean end.
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, lambda: None)
        try:
            await workshop.settle()
        except Rejected as error:
            raise BadSetting(error.detail) from None
        _announce(workshop, port)
        await server.serve(sockets=sockets)


def _announce(workshop: Workshop, port: int) -> None:
    for number in workshop.broken:
        print(printable(f"line {number} of {workshop.path} is broken, and left out"), file=sys.stderr)
    print(f"projector    http://{HOME}:{port}/projector#{workshop.state.key}   (keep it to yourself)")
    print(f"learners     {workshop.base}/#{workshop.state.code}")
    print(f"notebooks    JOBQUEUE_WORKSHOP={workshop.base}/#{workshop.state.code}")
    if not workshop.reachable:
        print("Only this machine can join. Start it with --lan to let others on your network in.")
    print(printable(f"Votes are kept in {workshop.path}. Ctrl-C ends it; start it again to go on."), flush=True)


class _WorkshopServer(FrontServer):
    """Ends the pages' streams first: they'd never end by themselves."""

    workshop: Workshop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.workshop.end_streams()
        await super().shutdown(sockets)


def find_own_address() -> str:
    """The address of this machine on its network. Raises BadSetting if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(("192.0.2.1", 9))  # sends nothing: the system only looks up which way it would go
            return way.getsockname()[0]
        except OSError:
            reason = "this machine has no way to a network: join one, or name an address of yours, as --lan ADDRESS"
            raise BadSetting(reason) from None
