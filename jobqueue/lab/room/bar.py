"""The control room's upper edge, as a view: the running account, whether it adds up, and what happened last. Pure."""

from jobqueue.lab.live.view import View
from jobqueue.lab.room.tally import Tally

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


class Bar(View):
    """`say` puts a sentence on it, until the next mark of the recording takes its place."""

    def __init__(self):
        super().__init__()
        self.tally = Tally()
        self._said: tuple[str, str] = ("", "calm")
        self._marks = 0  # how many of them are older than what was said

    def forget(self) -> None:
        super().forget()
        self.tally = Tally()

    def take(self, frame: dict) -> bool:
        goes_on = super().take(frame)
        self.tally.take(frame)
        if len(frame["marks"]) > self._marks:
            self._marks, mark = len(frame["marks"]), frame["marks"][-1]
            self._said = mark["label"], "fault" if mark.get("fault", True) else "calm"
        return goes_on

    def say(self, words: str, kind: str = "calm", marks: int = 0) -> None:
        """Show a sentence, of the kind calm, fault or error. It stands for the first `marks` marks of the recording."""
        self._said, self._marks = (words, kind), max(self._marks, marks)

    def facts(self) -> dict:
        tally = self.tally
        return {name: getattr(tally, name) for name in ("accepted", "done", "run_twice", "refused", "lost", "off")}

    def values(self, badge: str = "") -> dict[str, str | None]:
        tally, (said, kind) = self.tally, self._said
        numbers = {name: getattr(tally, "run_twice" if name == "twice" else name) for name in NUMBERS}
        found = {name: f"{number:,}" for name, number in numbers.items()}
        found |= {f"{name}.box@class": "trouble" if numbers[name] and name in TROUBLE else "" for name in NUMBERS}
        holds = tally.off == 0
        return found | {
            "equation": tally.equation,
            "check": "✓ holds" if holds else f"✗ broken by {abs(tally.off):,}",
            "check@class": "check" if holds else "check wrong",
            "wiped": "of what Redis knows since it lost its data" if tally.wiped else "",
            "redis": f"Redis is {self.frame['redis']}",
            "redis@class": f"redis {self.frame['redis']}",
            "badge": badge,
            "news": said,
            "news@class": f"news {kind}",
            "picture@aria-label": self.spoken(),
        }

    def spoken(self) -> str:
        tally = self.tally
        check = "It holds." if tally.off == 0 else f"It is broken by {abs(tally.off)}."
        account = ", ".join(
            f"{getattr(tally, 'run_twice' if name == 'twice' else name)} {words}" for name, words in NUMBERS.items()
        )
        return f"{account}. {tally.equation}. {check}"
