"""Actions that would outlive a schedule, such as starting a process. A program is stopped before it does one.

Python announces most of them to audit hooks. Commands that would change the server for all are caught in
redis_seam/client.py.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

#: Audited events, and the kind of finding for each.
EVENTS = {
    **dict.fromkeys(
        (
            "subprocess.Popen",
            "os.system",
            "os.fork",
            "os.forkpty",
            "os.posix_spawn",
            "os.spawn",
            "os.exec",
            "pty.spawn",
        ),
        "starts a process",
    ),
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pthread_kill"), "sends a signal"),
    **dict.fromkeys(("socket.connect", "socket.bind"), "own connection"),
}

#: Methods of an event loop, and the kind of finding for each.
LOOP_METHODS = {
    **dict.fromkeys(("subprocess_exec", "subprocess_shell"), "starts a process"),
    **dict.fromkeys(("add_signal_handler", "remove_signal_handler"), "sends a signal"),
    **dict.fromkeys(("stop", "close"), "stops the loop"),
    **dict.fromkeys(
        ("add_reader", "add_writer", "connect_read_pipe", "connect_write_pipe", "create_connection", "create_server",
         "create_datagram_endpoint", "create_unix_connection", "create_unix_server", "getaddrinfo", "getnameinfo",
         "sock_accept", "sock_connect", "sock_recv", "sock_recv_into", "sock_recvfrom", "sock_recvfrom_into",
         "sock_sendall", "sock_sendfile", "sock_sendto", "start_tls"),
        "own connection",
    ),
}  # fmt: skip

WORDS = {
    "starts a process": "starts a process",
    "sends a signal": "sends or handles a signal",
    "own connection": "opens a connection of its own",
    "stops the loop": "stops the event loop",
}


class Trespass(BaseException):
    """Raised in a program at the very line. `kind` is that of the Finding. Not an Exception: it must not be caught."""

    def __init__(self, kind: str, words: str):
        super().__init__(words)
        self.kind = kind


def watch_for_trespass(is_running: Callable[[], bool]) -> None:
    """Refuse these actions in this process from now on, while `is_running()`: that is, while a program has its turn.

    Python has no way to take an audit hook back: call this where the process ends with the request.
    """
    import _posixsubprocess  # multiprocessing starts its processes with it, and nothing announces that

    fork_exec = _posixsubprocess.fork_exec

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event in EVENTS and is_running() and not _only_asks(event, args):
            raise trespass(EVENTS[event], event)

    def guarded(*args: Any) -> Any:
        if is_running():
            raise trespass("starts a process", "fork_exec")
        return fork_exec(*args)

    _posixsubprocess.fork_exec = guarded
    sys.addaudithook(refuse)


def trespass(kind: str, action: str) -> Trespass:
    return Trespass(kind, f"{WORDS[kind]} ({action})")


def refuse_to_end(action: str) -> Callable[..., NoReturn]:
    """Make a stand-in for `os._exit` or `os.abort`, because no audit hook is told about those."""

    def ends(*args: Any) -> NoReturn:
        raise Trespass("ends the program", f"ends the program ({action})")

    return ends


def _only_asks(event: str, args: tuple[Any, ...]) -> bool:
    """Signal 0 only asks whether a process is there."""
    return event in ("os.kill", "os.killpg") and args[1] == 0


ENDINGS = [(os, name, refuse_to_end(f"os.{name}")) for name in ("_exit", "abort")]
