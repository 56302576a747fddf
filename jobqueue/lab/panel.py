"""Votes: a prediction before the experiment, kept, and held against what happened.

    v = vote("02-orphans", "What becomes of the jobs in its hands?", A="They are lost", B="…", C="…", D="…", answer="C")
    v                                             # the last line of a cell: it displays itself
    v.reveal("they stay on the ledger")           # in a later cell: "you said A: … / it did C: …"

Between backticks is code. Before it is revealed, the answer is neither shown, nor sent to the page, nor in votes.json;
where learners read the cell, it can be given in the later one alone: `v.reveal("they stay on the ledger", answer="C")`.
"""

import re
from html import escape
from pathlib import Path

import anywidget
import traitlets

from jobqueue.errors import BadSetting
from jobqueue.lab.votes import Votes, votes_in

HERE = Path(__file__).parent

#: What is said at the end. It is no grade: who was surprised has learned most.
FORESEEN = "✓ You saw it coming."
CHANGED = "✓ You changed your mind, and it did as you said."
SURPRISED = "✗ It surprised you. Good: what surprises us stays in mind."

#: Of its own, since it is stored in notebooks, and compared.
_STYLE = f"<style>{(HERE / 'revealed.css').read_text(encoding='utf-8')}</style>"


def vote(vote_id: str, question: str, *, answer: str | None = None, **options: str) -> "Vote":
    """Ask. A cell that is run again shows what was chosen before; a new surface of a question is a new id.

    Args:
        vote_id: names the question in votes.json, such as "02-orphans".
        answer: the right letter; or give it to `reveal`.
        options: letter → text.
    """
    if len(options) < 2 or (answer is not None and answer not in options):
        raise BadSetting(f"a vote needs two options or more, and one of them as answer, not {answer!r}")
    return Vote(vote_id, question, options, answer, votes_in(Path.cwd()))


class Vote(anywidget.AnyWidget):
    """The panel. `chosen` is the letter last chosen, "" before; one may choose again, and every answer is kept."""

    _esm, _css = HERE / "panel.js", HERE / "panel.css"
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)  # the right letter, once it was revealed
    note = traitlets.Unicode().tag(sync=True)  # whether answers are kept

    def __init__(self, vote_id: str, question: str, options: dict[str, str], answer: str | None, votes: Votes):
        self.vote_id, self.answer, self.votes = vote_id, answer, votes
        super().__init__(question=question, options=options)
        self.chosen = (self.answers() or [""])[-1]
        self.observe(self._keep, "chosen")  # from now on: by a click, or by `choose`

    def __repr__(self) -> str:  # what a stored notebook shows where no widget can be shown
        return "\n".join([self.question, *(f"  {letter}  {text}" for letter, text in self.options.items())])

    def choose(self, letter: str) -> None:
        """What a click does. Raises BadSetting for a letter that is no option."""
        if letter not in self.options:
            raise BadSetting(f"{letter!r} is no option of this vote: {', '.join(self.options)}")
        self.chosen = letter

    def answers(self) -> list[str]:
        """Every letter that was chosen, the latest last."""
        asked = self.votes.asked(self.vote_id)
        return [each.chose for each in asked.answers if each.chose in self.options] if asked else []

    def reveal(self, did: str = "", *, answer: str | None = None) -> "Revealed":
        """Show beside what was said what it did, in a few words: by default those of the right option."""
        self.answer = answer or self.answer
        if self.answer not in self.options:
            raise BadSetting(f"the right answer is one of {', '.join(self.options)}, not {self.answer!r}")
        self.votes.reveal(self.vote_id, self.question, self.options, self.answer)
        self.shown = self.answer
        return Revealed(self.answers(), self.options, self.answer, did or self.options[self.answer])

    def _keep(self, change) -> None:
        self.votes.answer(self.vote_id, self.question, self.options, change["new"])
        self.note = self.votes.problem or ("kept in votes.json, beside this notebook" if self.votes.path else "")


class Revealed:
    """What was said, and what it did: displays itself."""

    def __init__(self, answers: list[str], options: dict[str, str], right: str, did: str):
        self.right, self.did = right, did
        #: The latest answer; one given and taken back is not forgotten.
        self.said = answers[-1] if answers else ""
        self.before = [letter for letter in dict.fromkeys(answers) if letter != self.said]
        self.words = options.get(self.said, "")

    def __repr__(self) -> str:
        did = f"it did {self.right}: {self.did}"
        if not self.said:
            return f"you said nothing; {did}"
        return f"you said {self._letters()}: {self.words}\n{did}\n{self._verdict()}"

    def _repr_html_(self) -> str:
        did = f'<p class="did"><b>it did {escape(self.right)}</b> <span>{_code(self.did)}</span></p>'
        said = f"<b>you said {escape(self._letters() if self.said else 'nothing')}</b> <span>{_code(self.words)}</span>"
        verdict = f'<p class="verdict">{self._verdict()}</p>' if self.said else ""
        return f'{_STYLE}<div class="jq-said"><p>{said}</p>{did}{verdict}</div>'

    def _letters(self) -> str:
        return ", then ".join([*self.before, self.said])

    def _verdict(self) -> str:
        if self.said != self.right:
            return SURPRISED
        return CHANGED if self.before else FORESEEN


def _code(words: str) -> str:
    """Escaped; what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words))
