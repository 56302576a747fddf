"""How a Redis server is reached: one address or several, timeouts, and errors that say whether a command ran."""

from jobqueue.server.masters import connector

__all__ = ["connector"]
