"""`jobqueue votes *.json`: a room's predictions as a histogram, from the votes.json of each learner."""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobqueue.lab.votes.votes import Ballot, BallotEntry, read
from jobqueue.printable import printable

#: The longest bar, in characters.
BAR = 20

#: Moments, to the second, that no two learners have in common: files that share this many belong to one learner.
ENOUGH = 3

EIGHTHS = " ▏▎▍▌▋▊▉█"


class Poll(msgspec.Struct):
    """One question, and a room's votes, by letter. Only votes from before the answer was shown count."""

    words: str
    options: dict[str, str]
    first: Counter[str] = msgspec.field(default_factory=Counter)
    #: Each learner's last vote: the same as the first, unless they changed their mind.
    last: Counter[str] = msgspec.field(default_factory=Counter)
    changed: int = 0
    #: "" as long as no learner was shown it.
    right: str = ""

    @property
    def voters(self) -> int:
        return self.first.total()

    def add(self, entry: BallotEntry) -> None:
        """Count one learner's votes."""
        self.options |= {letter: words for letter, words in entry.options.items() if letter not in self.options}
        self.right = self.right or entry.right
        letters = [press.chose for press in entry.answers if not entry.revealed or press.at < entry.revealed]
        letters = [letter for letter in letters if letter in entry.options]
        if letters:
            self.first[letters[0]] += 1
            self.last[letters[-1]] += 1
            self.changed += letters[0] != letters[-1]


def votes(paths: Iterable[Path]) -> int:
    """Print the histogram of these files, and of all *.json below these folders. Returns 1 if none could be read."""
    console, paths = Console(highlight=False), list(paths)
    ballots = list(_ballots(paths))
    if not ballots:
        where = ", ".join(map(str, paths))
        print(
            printable(f"jobqueue votes: no votes in {where}. Name learners' votes.json files, or a folder"),
            file=sys.stderr,
        )
        return 1
    polls = tally(ballots)
    for vote_id in sorted(polls):
        _show(console, vote_id, polls[vote_id])
    console.print(f"ballots: {len(ballots)} · questions: {len(polls)}")
    return 0


def tally(ballots: Iterable[Ballot]) -> dict[str, Poll]:
    """Count the votes in these ballots: a poll for each question, by its id."""
    polls: dict[str, Poll] = {}
    for ballot in ballots:
        for vote_id, entry in ballot.votes.items():
            polls.setdefault(vote_id, Poll(entry.question, {})).add(entry)
    return polls


def _ballots(paths: Iterable[Path]) -> Iterator[Ballot]:
    """One ballot per learner. A file that can't be read is named on stderr, and the others count all the same."""
    contents: dict[bytes, Path] = {}
    for path in _files(paths):
        try:
            ballot, content = read(path), path.read_bytes()
        except (OSError, ValueError) as error:
            _leave_out(path, str(error.strerror if isinstance(error, OSError) else error))
            continue
        if not ballot.votes:  # some other JSON, perhaps
            _leave_out(path, "there are no votes in it")
        elif content in contents and _moments(ballot) >= ENOUGH:
            _leave_out(path, f"it is a copy of {contents[content]}")
        else:
            contents[content] = path
            yield ballot


def _leave_out(path: Path, reason: str) -> None:
    print(printable(f"jobqueue votes: {path} is left out: {reason}"), file=sys.stderr)


def _moments(ballot: Ballot) -> int:
    return len({press.at for entry in ballot.votes.values() for press in entry.answers})


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for file in sorted(path.rglob("*.json")):
            if not any(part.startswith(".") for part in file.relative_to(path).parts):  # an editor's own copies
                yield file


def _show(console: Console, vote_id: str, poll: Poll) -> None:
    console.print(Text(printable(vote_id), "bold"), _code(poll.words))
    table = Table.grid(padding=(0, 1))
    for width in (1, 1, *[BAR + 4] * len(_columns(poll)), None):
        table.add_column(min_width=width)
    if poll.changed:
        table.add_row("", "", Text("    at first", "dim"), Text("    at last", "dim"))
    for letter in sorted(poll.options):
        right = letter == poll.right
        mark = Text("✓" if right else " ", "bold green3")
        words = _code(poll.options[letter])
        counts = [_bar(votes[letter], poll.voters, right) for votes in _columns(poll)]
        table.add_row(mark, Text(printable(letter), "bold"), *counts, words)
    console.print(table)
    console.print(Text(_summary(poll), "dim"), soft_wrap=True)
    console.print()


def _columns(poll: Poll) -> list[Counter[str]]:
    return [poll.first, poll.last] if poll.changed else [poll.first]


def _bar(votes: int, voters: int, right: bool) -> Text:
    """The count, and a bar of its share, which is full if everyone voted so."""
    eighths = round(8 * BAR * votes / voters) if voters else 0
    bar = EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip()
    colour = "green3" if right else "dodger_blue1"
    return Text.assemble(f"{votes:3} ", (f"{bar:{BAR}}", colour))


def _summary(poll: Poll) -> str:
    """How many voted, and, once the right answer is known, what teachers do with such a room."""
    parts = [f"{poll.voters} voted"]
    if poll.changed:
        parts.append(f"{poll.changed} of them changed their mind")
    if poll.right and poll.voters:
        share = poll.first[poll.right] / poll.voters
        parts.append(f"{share:.0%} right at first: {advise(share)}")
    return " · ".join(parts)


def advise(share: float) -> str:
    """Say what to do if this share of a class is right; instructor.md has it as a table."""
    return "explain again" if share < 1 / 3 else "go on" if share > 2 / 3 else "discuss in pairs, and vote again"


def _code(words: str) -> Text:
    """Code between backticks gets another colour. Nothing is taken for markup."""
    parts = re.split(r"`([^`]+)`", printable(words))
    return Text.assemble(*((part, "cyan" if number % 2 else "") for number, part in enumerate(parts)))
