"""Reading is wrong if it changes the stream, or if an entry is missing, too much, or out of order."""

from collections.abc import Sequence

from jobqueue.explorer import Finding, View
from jobqueue.lab.check.judge import effects
from jobqueue.lab.check.worlds import SmallQueue

STREAM = "letters"  # not the lesson's, so that a hard-coded name shows

_ids = SmallQueue(STREAM, "").entries


def untouched(view: View) -> Finding | None:
    before, now = list(_ids(view.start)), list(_ids(view.content))
    if set(view.content.streams) - {STREAM}:
        return Finding("hard-coded-name", f"Your function is given the stream `{STREAM}`, and writes to another one.")
    if now[: len(before)] != before:
        return Finding("changes-the-stream", "Your function changes the stream it reads.")
    groups = [name for stream in view.content.streams.values() for name in stream.groups]
    return Finding("leaves-a-group", f"Your function makes the group `{groups[0]}`.") if groups else None


def answer(after: int, view: View) -> Finding | None:
    """All entries after number `after`; one that came meanwhile may be among them."""
    before, now, got = list(_ids(view.start)), list(_ids(view.content)), effects(view, "answered")[-1]
    if got is None or any(one not in now for one in got):
        shown = f"`{got[0][:60]}`" if got else "no list"
        return Finding("not-ids", f"Your function returns {shown}.")
    if len(set(got)) < len(got):
        return Finding("twice", "Your function returns an entry twice.")
    if strange := [one for one in got if one not in now[after:]]:
        bug = "reads-it-again" if strange == [before[after - 1]] else "starts-over"
        return Finding(
            bug, f"Your function is asked for what came after {before[after - 1]}, and returns {strange[0]}."
        )
    if missing := [one for one in before[after:] if one not in got]:
        words = f"Your function leaves out {len(missing)} of {len(before) - after} entries."
        return Finding(_left_out(missing, got, before, after), words)
    in_order = list(got) == [one for one in now if one in got]
    return None if in_order else Finding("out-of-order", "Your function returns the entries in another order.")


def _left_out(missing: list[str], got: Sequence[str], before: list[str], after: int) -> str:
    """The idea that leaves out just these."""
    if after == 0 and not got:
        return "nothing-from-the-start"
    if after == 0 and missing == before[:1]:
        return "drops-the-first"
    if not got:
        return "reads-nothing"
    if missing == before[-1:]:
        return "drops-the-last"
    if after and [one for one in before[after:] if one > before[after - 1]] == list(got):
        return "compares-texts"
    return "one-page" if len(before) > 100 else "skips"
