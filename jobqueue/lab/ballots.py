"""`jobqueue votes *.json`: what a room predicted, as a histogram, from the votes.json of each learner."""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobqueue.lab.votes import Asked, Ballot, read

#: The longest bar, in characters.
BAR = 20

#: So many moments, to the second, no two learners have in common: files that agree in them are one learner's.
ENOUGH = 3

EIGHTHS = " ▏▎▍▌▋▊▉█"


class Question(msgspec.Struct):
    """One question, and a room's answers to it, by letter: those given before the answer was shown."""

    words: str
    options: dict[str, str]
    first: Counter[str] = msgspec.field(default_factory=Counter)
    #: What each learner said last: the same as at first, unless they changed their mind.
    last: Counter[str] = msgspec.field(default_factory=Counter)
    changed: int = 0
    #: "" as long as nobody was shown it.
    right: str = ""

    @property
    def voters(self) -> int:
        return self.first.total()

    def add(self, asked: Asked) -> None:
        """Count one learner's answers."""
        self.options |= {letter: words for letter, words in asked.options.items() if letter not in self.options}
        self.right = self.right or asked.right
        said = [each.chose for each in asked.answers if not asked.revealed or each.at < asked.revealed]
        said = [letter for letter in said if letter in asked.options]
        if said:
            self.first[said[0]] += 1
            self.last[said[-1]] += 1
            self.changed += said[0] != said[-1]


def votes(paths: Iterable[Path]) -> int:
    """Print the histogram of these files, and of all *.json below these folders. Returns 1 if none could be read."""
    console, paths = Console(highlight=False), list(paths)
    ballots = list(_ballots(paths))
    if not ballots:
        where = ", ".join(map(str, paths))
        print(f"jobqueue votes: no votes in {where}: name learners' votes.json files, or a folder", file=sys.stderr)
        return 1
    asked = tally(ballots)
    for vote_id in sorted(asked):
        _show(console, vote_id, asked[vote_id])
    console.print(f"ballots: {len(ballots)} · questions: {len(asked)}")
    return 0


def tally(ballots: Iterable[Ballot]) -> dict[str, Question]:
    """The questions in these ballots, by their ids."""
    found: dict[str, Question] = {}
    for ballot in ballots:
        for vote_id, asked in ballot.votes.items():
            found.setdefault(vote_id, Question(asked.question, {})).add(asked)
    return found


def _ballots(paths: Iterable[Path]) -> Iterator[Ballot]:
    """Each learner's once; what cannot be read is named on stderr, and the others are counted all the same."""
    seen: dict[bytes, Path] = {}
    for path in _files(paths):
        try:
            ballot, content = read(path), path.read_bytes()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            print(f"jobqueue votes: {path} is left out: {why}", file=sys.stderr)
            continue
        if not ballot.votes:  # some other JSON, perhaps
            print(f"jobqueue votes: {path} is left out: there are no votes in it", file=sys.stderr)
            continue
        if content in seen and _moments(ballot) >= ENOUGH:
            print(f"jobqueue votes: {path} is left out: it is a copy of {seen[content]}", file=sys.stderr)
            continue
        seen[content] = path
        yield ballot


def _moments(ballot: Ballot) -> int:
    return len({answer.at for asked in ballot.votes.values() for answer in asked.answers})


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for found in sorted(path.rglob("*.json")):
            if not any(part.startswith(".") for part in found.relative_to(path).parts):  # an editor's own copies
                yield found


def _show(console: Console, vote_id: str, question: Question) -> None:
    console.print(Text(vote_id, "bold"), _code(question.words))
    table = Table.grid(padding=(0, 1))
    for width in (1, 1, *[BAR + 4] * len(_columns(question)), None):
        table.add_column(min_width=width)
    if question.changed:
        table.add_row("", "", Text("    at first", "dim"), Text("    at last", "dim"))
    for letter in sorted(question.options):
        right = letter == question.right
        mark = Text("✓" if right else " ", "bold green3")
        words = _code(question.options[letter])
        counts = [_bar(votes[letter], question.voters, right) for votes in _columns(question)]
        table.add_row(mark, Text(letter, "bold"), *counts, words)
    console.print(table)
    console.print(Text(_summary(question), "dim"), soft_wrap=True)
    console.print()


def _columns(question: Question) -> list[Counter[str]]:
    return [question.first, question.last] if question.changed else [question.first]


def _bar(votes: int, voters: int, right: bool) -> Text:
    """The count, and a bar of its share: full if all said so."""
    eighths = round(8 * BAR * votes / voters) if voters else 0
    bar = EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip()
    colour = "green3" if right else "dodger_blue1"
    return Text.assemble(f"{votes:3} ", (f"{bar:{BAR}}", colour))


def _summary(question: Question) -> str:
    """Who voted; and, once it is known what is right, what teachers do with such a room."""
    told = [f"{question.voters} voted"]
    if question.changed:
        told.append(f"{question.changed} of them changed their mind")
    if question.right and question.voters:
        share = question.first[question.right] / question.voters
        advice = "explain again" if share < 1 / 3 else "go on" if share > 2 / 3 else "discuss in pairs, and vote again"
        told.append(f"{share:.0%} right at first: {advice}")
    return " · ".join(told)


def _code(words: str) -> Text:
    """What stands between backticks in another colour, and nothing taken for markup."""
    parts = re.split(r"`([^`]+)`", words)
    return Text.assemble(*((part, "cyan" if number % 2 else "") for number, part in enumerate(parts)))
