"""Votes: a prediction before the experiment, kept, and compared with the outcome.

    v = vote("02-orphans", "What becomes of the jobs in its hands?", A="They are lost", B="…", C="…", D="…", answer="C")
    v                                             # the last line of a cell: it displays itself
    v.reveal("they stay on the ledger")           # in a later cell: "you said A: … / it did C: …"

Text between backticks is code. Before you reveal the answer, it's not shown, not sent to the page, and not in
votes.json. If learners read the cell, give it only in the later one: `v.reveal("they stay on the ledger", answer="C")`.
Without a vote, that cell asks for one first. Run a second time, it shows the outcome all the same.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from jobqueue.errors import BadSetting
from jobqueue.lab.votes.votes import Votes, votes_in
from jobqueue.lab.workshop.join import enter, take_note, tell_answer
from jobqueue.printable import escape_html as escape

HERE = files(__package__)

#: The words at the end. They're no grade, because a surprised learner has learned most.
FORESEEN = "✓ You saw it coming."
CHANGED = "✓ You changed your mind, and you were right."
SURPRISED = "✗ It surprised you. Good: that's how we learn."

#: In each output, because notebooks store it, and a stored output stands alone.
_STYLE = f"<style>{(HERE / 'revealed.css').read_text(encoding='utf-8')}</style>"


def vote(vote_id: str, question: str, *, answer: str | None = None, **options: str) -> "Vote":
    """Ask. A cell that's run again shows the earlier choice. If you reword a question, give it a new id.

    Args:
        vote_id: names the question in votes.json, such as "02-orphans".
        answer: the right letter; or give it to `reveal`.
        options: letter → text.
    """
    if len(options) < 2 or (answer is not None and answer not in options):
        raise BadSetting(f"a vote needs two options or more, and its answer must be one of them, not {answer!r}")
    enter()
    return Vote(vote_id, question, options, answer, votes_in(Path.cwd()))


class Vote(anywidget.AnyWidget):
    """The panel. `chosen` is the last letter chosen, or "". You may choose again, and every choice is kept."""

    _esm, _css = HERE / "panel.js", HERE / "panel.css"
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)  # the right letter, once it was revealed
    note = traitlets.Unicode().tag(sync=True)  # whether answers are kept

    def __init__(self, vote_id: str, question: str, options: dict[str, str], answer: str | None, votes: Votes):
        self.vote_id, self.answer, self.votes = vote_id, answer, votes
        self._asked_first = False
        super().__init__(question=question, options=options)
        self.chosen = (self.answers() or [""])[-1]
        self.observe(self._keep, "chosen")  # from now on: by a click, or by `choose`

    def __repr__(self) -> str:  # for a stored notebook where no widget can be shown
        return "\n".join([self.question, *(f"  {letter}  {text}" for letter, text in self.options.items())])

    def choose(self, letter: str) -> None:
        """Choose as by a click. Raises BadSetting for a letter that is no option."""
        if letter not in self.options:
            raise BadSetting(f"{letter!r} is no option of this vote: {', '.join(self.options)}")
        self.chosen = letter

    def answers(self) -> list[str]:
        """Every letter that was chosen, the latest last."""
        entry = self.votes.entry(self.vote_id)
        return [press.chose for press in entry.answers if press.chose in self.options] if entry else []

    def reveal(self, did: str = "", *, answer: str | None = None) -> "Outcome | AnswerFirst":
        """Show the outcome next to the prediction, in a few words: by default those of the right option.

        If there's no prediction yet, ask for one; a second call shows the outcome without it.
        """
        self.answer = answer or self.answer
        if self.answer not in self.options:
            raise BadSetting(f"the right answer is one of {', '.join(self.options)}, not {self.answer!r}")
        if not self.answers() and not self._asked_first:
            self._asked_first = True
            return AnswerFirst(list(self.options))
        self.votes.reveal(self.vote_id, self.question, self.options, self.answer)
        self.shown = self.answer
        return Outcome(self.answers(), self.options, self.answer, did or self.options[self.answer])

    def _keep(self, change: dict[str, Any]) -> None:
        self.votes.answer(self.vote_id, self.question, self.options, change["new"])
        tell_answer(self.vote_id, list(self.options).index(change["new"]))
        kept = self.votes.problem or ("kept in votes.json, next to this notebook" if self.votes.path else "")
        self.note = take_note() or kept


class AnswerFirst:
    """Shown instead of an outcome while there's no prediction. It displays itself."""

    def __init__(self, letters: list[str]):
        self.words = (
            f"Answer first: choose {', '.join(letters[:-1])} or {letters[-1]} in the vote above, then run this cell "
            "again. To see the outcome without voting, just run it again."
        )

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        return f'{_STYLE}<div class="jq-said">{escape(self.words)}</div>'


class Outcome:
    """The prediction, and what happened. It displays itself."""

    def __init__(self, answers: list[str], options: dict[str, str], right: str, did: str):
        self.right, self.did = right, did
        self.last = answers[-1] if answers else ""
        self.before = [letter for letter in dict.fromkeys(answers) if letter != self.last]  # taken back
        self.words = options.get(self.last, "")

    def __repr__(self) -> str:
        did = f"it did {self.right}: {self.did}"
        if not self.last:
            return f"you said nothing; {did}"
        return f"you said {self._letters()}: {self.words}\n{did}\n{self._verdict()}"

    def _repr_html_(self) -> str:
        did = f'<p class="did"><b>it did {escape(self.right)}</b> <span>{mark_code(self.did)}</span></p>'
        letters = escape(self._letters() if self.last else "nothing")
        prediction = f"<b>you said {letters}</b> <span>{mark_code(self.words)}</span>"
        verdict = f'<p class="verdict">{self._verdict()}</p>' if self.last else ""
        return f'{_STYLE}<div class="jq-said"><p>{prediction}</p>{did}{verdict}</div>'

    def _letters(self) -> str:
        return ", then ".join([*self.before, self.last])

    def _verdict(self) -> str:
        if self.last != self.right:
            return SURPRISED
        return CHANGED if self.before else FORESEEN


def mark_code(words: str) -> str:
    """`words`, escaped, with code between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words))
