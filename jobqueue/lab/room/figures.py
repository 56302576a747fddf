"""A fault as an operator sees it: the figures that the front gives to Prometheus, before and after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from jobqueue.front.metrics import QueueMetrics

if TYPE_CHECKING:
    from jobqueue.lab.world.world import World


@asynccontextmanager
async def moved_figures(world: "World") -> AsyncIterator[None]:
    """At the end of the block, print which figures of /metrics are others than at its beginning."""
    before = await _read(world)
    yield
    after = await _read(world)
    moved = {name: value for name, value in after.items() if value != before[name]}
    width = max(map(len, moved), default=0)
    print("\n".join(f"{name:{width}}  {before[name]:g} → {value:g}" for name, value in moved.items()) or "none moved")


async def _read(world: "World") -> dict[str, float]:
    families = (await QueueMetrics(world.queue).read()).collect()
    samples = [sample for family in families for sample in family.samples]
    return {f"{one.name}{_labels(one.labels)}": one.value for one in samples}


def _labels(labels: dict[str, str]) -> str:
    own = ", ".join(f'{name}="{value}"' for name, value in labels.items() if name != "queue")
    return f"{{{own}}}" if own else ""
