"""The control room's upper edge, as a view: the running account, whether it adds up, and the latest news. Pure."""

from jobqueue.lab.pictures.base.markup import Values
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.room.news import LatestNews
from jobqueue.lab.room.tally import RunningTally

NUMBERS = {
    "accepted": "accepted",
    "done": "done",
    "twice": "run twice",
    "refused": "refused",
    "dead": "dead",
    "lost": "lost",
}

#: Numbers that should be 0.
TROUBLE = frozenset({"twice", "dead", "lost"})


class Bar(PictureView):
    """The tally of the frames taken in, and the news."""

    def __init__(self) -> None:
        super().__init__()
        self.tally, self.latest = RunningTally(), LatestNews()

    def forget(self) -> None:
        super().forget()
        self.tally, self.latest = RunningTally(), LatestNews()

    def take(self, frame: WorldFrame) -> bool:
        goes_on = super().take(frame)
        self.tally.take(frame)
        self.latest.take(frame)
        return goes_on

    def facts(self) -> dict[str, object]:
        tally = self.tally
        return {name: getattr(tally, name) for name in ("accepted", "done", "run_twice", "refused", "lost", "off")}

    def values(self, badge: str = "") -> Values:
        tally, news = self.tally, self.latest
        numbers = {name: getattr(tally, "run_twice" if name == "twice" else name) for name in NUMBERS}
        values: Values = {name: f"{number:,}" for name, number in numbers.items()}
        values |= {f"{name}.box@class": "trouble" if numbers[name] and name in TROUBLE else "" for name in NUMBERS}
        holds = tally.off == 0
        return values | {
            "equation": tally.equation,
            "check": "✓ holds" if holds else f"✗ broken by {abs(tally.off):,}",
            "check@class": "check" if holds else "check wrong",
            "wiped": "of what Redis knows since it lost its data" if tally.wiped else "",
            "redis": f"Redis is {self.frame.redis}",
            "redis@class": f"redis {self.frame.redis}",
            "badge": badge,
            "news": news.words,
            "news.t": f"{news.t:.1f} s" if news.words else "",
            "news.box@class": f"news {news.kind}",
            "picture@aria-label": self.spoken(),
        }

    def spoken(self) -> str:
        tally = self.tally
        check = "It holds." if tally.off == 0 else f"It is broken by {abs(tally.off)}."
        account = ", ".join(
            f"{getattr(tally, 'run_twice' if name == 'twice' else name)} {words}" for name, words in NUMBERS.items()
        )
        return f"{account}. {tally.equation}. {check}"
