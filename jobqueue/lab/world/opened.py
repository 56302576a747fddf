"""The one world of a notebook."""

from typing import Any

from jobqueue.lab.course.missing import explain_missing_names
from jobqueue.lab.world.world import World

#: What a world is here. In a browser tab it's another one.
world_type = World

_open: World | None = None


async def open_world(**options: Any) -> World:
    """Open this notebook's world, after closing the one that this kernel had before. Options as World's."""
    global _open
    explain_missing_names()
    if _open:
        previous, _open = _open, None
        await previous.close()
    _open = await world_type(**options).__aenter__()
    return _open
