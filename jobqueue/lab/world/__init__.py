"""A clean world for one lesson: what a notebook opens."""

from jobqueue.lab.world.library import LibraryAccount
from jobqueue.lab.world.opened import open_world
from jobqueue.lab.world.pace import HASTE
from jobqueue.lab.world.waits import NothingToWaitFor, NotInTime
from jobqueue.lab.world.world import World, WorldClosed

__all__ = ["HASTE", "LibraryAccount", "NotInTime", "NothingToWaitFor", "World", "WorldClosed", "open_world"]
