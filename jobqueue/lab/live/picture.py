"""The overview of a world, live: the account, the strip, the ledger, and workers' cards that can kill them."""

from collections.abc import Callable

from jobqueue.lab.live.frame import NOTHING, orphans
from jobqueue.lab.live.still import body, draw
from jobqueue.lab.live.strip import point
from jobqueue.lab.live.values import shaped, spoken, values
from jobqueue.lab.live.view import View
from jobqueue.lab.live.widget import Live


class Overview(View):
    """`values.py`, of the frames taken in."""

    def point(self, frame: dict) -> list[float]:
        return point(frame)

    def facts(self) -> dict:
        return {"orphans": len(orphans(self.frame)), "done": self.frame["done"]}

    def values(self, badge: str = "") -> dict[str, str | None]:
        return values(self.frame, list(self.points), badge)

    def spoken(self) -> str:
        return spoken(self.frame, list(self.points))

    def draw(self, *, wide: bool = True, badge: str = "") -> str:
        return draw(self.frame, list(self.points), wide=wide, badge=badge)


class LivePicture(Live):
    """The overview as a widget."""

    def __init__(self, on_kill: Callable[[str], object] | None = None, **options):
        empty = shaped(values(NOTHING, []), wide=False)
        svg = f'<svg data-k="svg" viewBox="{empty["svg@viewBox"]}">{body(empty, [], buttons=True)}</svg>'
        super().__init__(Overview(), svg, on_kill, **options)
