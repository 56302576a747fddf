"""Listen for HTTP, and say clearly why that's impossible."""

import errno
import socket

from jobqueue.errors import BadSetting


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises BadSetting if there's no such place, or if it's taken."""
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError, TypeError) as error:  # TypeError: not a name that a host can have
        raise cannot_listen(host, port, error) from None
    # Each connection inherits it. An answer takes two writes. Without it the second one waits for the client's delayed
    # acknowledgement of the first: 40 ms. (asyncio sets it on the sockets it makes, but we made this one.)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def cannot_listen(host: str, port: int, error: Exception) -> BadSetting:
    """The error of an address at which nothing can listen."""
    hint = "; port 0 takes one that is free" if getattr(error, "errno", None) == errno.EADDRINUSE else ""
    return BadSetting(f"cannot listen at {host}, port {port}: {error}{hint}")


def location(host: str, port: int) -> str:
    """A host and a port, as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
