"""Actions that would outlive a schedule, such as starting a process. A program is stopped before it does one.

Python announces most of them to audit hooks. Commands that would change the server for all are caught in
redis_seam/client.py.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import ModuleType
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
    **dict.fromkeys(
        ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
         "socket.gethostbyaddr", "socket.getnameinfo", "urllib.Request"),
        "own connection",
    ),
    **dict.fromkeys(("builtins.input", "builtins.breakpoint"), "asks at the keyboard"),
}  # fmt: skip

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
    "ends the program": "ends the program",
    "asks at the keyboard": "waits for someone at the keyboard",
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
            raise trespass("ends the program" if _ends_itself(event, args) else EVENTS[event], event)

    def guarded(*args: Any) -> Any:
        if is_running():
            raise trespass("starts a process", "fork_exec")
        return fork_exec(*args)

    _posixsubprocess.fork_exec = guarded
    sys.addaudithook(refuse)


def trespass(kind: str, action: str) -> Trespass:
    return Trespass(kind, f"{WORDS[kind]} ({action})")


def _refuse(kind: str, module: ModuleType, name: str) -> tuple[ModuleType, str, Callable[..., NoReturn]]:
    """Make a stand-in for a function that no audit hook is told about: (module, name, stand-in)."""

    def refused(*args: Any) -> NoReturn:
        raise trespass(kind, f"{module.__name__}.{name}")

    return module, name, refused


def _only_asks(event: str, args: tuple[Any, ...]) -> bool:
    """Signal 0 only asks whether a process is there."""
    return event in ("os.kill", "os.killpg") and args[1] == 0


def _ends_itself(event: str, args: tuple[Any, ...]) -> bool:
    """Any signal to its own process: most of them end it."""
    own = {"os.kill": os.getpid(), "os.killpg": os.getpgrp(), "signal.pthread_kill": threading.get_ident()}
    return event in own and args[0] == own[event]


#: Stand-ins: for what ends the process at once, and for what would take the watchdog's signal away from it.
REFUSED = [
    *(_refuse("ends the program", os, name) for name in ("_exit", "abort")),
    _refuse("ends the program", signal, "raise_signal"),
    *(_refuse("sends a signal", signal, name) for name in ("signal", "setitimer", "alarm")),
]
