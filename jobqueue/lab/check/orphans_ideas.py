"""What each wrong idea about finding orphans means, in the learner's terms."""

from jobqueue.lab.check.verdict import Idea

#: bug → (failure, what it means).
MEANS: dict[str, tuple[str | None, str]] = {
    "hard-coded-names": (None, "Use the names it is given: there may be more than one queue."),
    "takes-waiting": ("F06", "Reading with `>` delivers what nobody had. Looking is not taking."),
    "removes": ("F13", "Whoever looks for orphans must not lose them."),
    "takes-away": ("F26", "It only looks: claiming is for whoever will run the job."),
    "resets-the-clock": ("F26", "The next one who looks will find it fresh."),
    "not-ids": (None, "`XPENDING` gives rows; which part of one is the id?"),
    "counts-what-is-not-pending": ("F01", "The stream holds all there is; the pending list is another structure."),
    "counts-fresh": ("F23", "Somebody is at work on it: silence is what makes an orphan."),
    "finds-none": (None, "Is the limit in the unit that Redis counts in?"),
    "finds-some": ("F10", "An orphan is an orphan under any name."),
    "judges-consumers": (
        "F68",
        "A living consumer can hold an entry it never saw: the reply got lost. Ask about entries, not consumers.",
    ),
    "one-page": ("F27", "The pending list comes in pages: the next one begins after the last id of this one."),
    "only-a-prefix": ("F27", "What is fresh stands before what is stale, and fills the first page."),
    "twice": (None, "Where does the next page begin?"),
}


def idea(bug: str, facts: str) -> Idea | None:
    """The idea of this name; None if it is none of these."""
    if bug not in MEANS:
        return None
    failure, means = MEANS[bug]
    return Idea(bug, f"{facts} {means}", failure)
