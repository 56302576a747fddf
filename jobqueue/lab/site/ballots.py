"""The votes of a lesson, read from the source of its cells and never by running them, as forms of a page.

The page's form is the notebook's own panel (votes/panel.js). The right answer stands in a fold further down, where the
lesson reveals it, and the page opens it only to a reader who has voted.
"""

import ast
import json
from collections.abc import Sequence

import msgspec

from jobqueue.lab.votes.panel import CHANGED, FORESEEN, SURPRISED, mark_code
from jobqueue.printable import escape_html as escape

VERDICTS = {"foreseen": FORESEEN, "changed": CHANGED, "surprised": SURPRISED}


class VoteCell(msgspec.Struct, frozen=True):
    """A cell that ends with `name = vote(…)` and `name`. `answer` is "" if the cell doesn't give it.

    `before` is the part of its source above that; "" if there are only imports.
    """

    before: str
    name: str
    vote_id: str
    question: str
    options: dict[str, str]
    answer: str

    def html(self) -> str:
        """The form's place. Without JavaScript it lists the options."""
        data = json.dumps({"id": self.vote_id, "question": self.question, "options": self.options})
        options = "".join(f"<li>{mark_code(words)}</li>" for words in self.options.values())
        question = f"<p><strong>{mark_code(self.question)}</strong></p>"
        place = f'<div class="jq-ballot" id="vote-{escape(self.vote_id)}" data-vote="{escape(data)}">'
        return f'{place}{question}<ol type="A">{options}</ol></div>'


class RevealCell(msgspec.Struct, frozen=True):
    """A cell that ends with `name.reveal(…)`; the rest as in VoteCell."""

    before: str
    name: str
    did: str
    answer: str

    def html(self, vote: VoteCell) -> str:
        """The fold with the outcome."""
        right = self.answer or vote.answer
        did = mark_code(self.did or vote.options[right])
        place = f'<details class="jq-outcome" data-vote="{escape(vote.vote_id)}" data-right="{escape(right)}">'
        outcome = f'<div class="jq-said"><p class="did"><b>it did {escape(right)}</b> <span>{did}</span></p></div>'
        return f"{place}<summary>Show what happened</summary>{outcome}</details>"


def read_vote(source: str) -> VoteCell | None:
    """The vote that a cell asks for; None if it does something else."""
    match _statements(source):
        case [*above, ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) as asked, ast.Expr(value=last)]:
            if getattr(last, "id", "") != name or getattr(call.func, "id", "") != "vote":
                return None
            words, named = _literals(call)
            vote_id, question = (*words, named.pop("vote_id", ""), named.pop("question", ""))[:2]
            answer = named.pop("answer", "")
            return VoteCell(_source_above(source, above, asked), name, vote_id, question, named, answer)
    return None


def read_reveal(source: str) -> RevealCell | None:
    """The outcome that a cell shows; None if it does something else."""
    match _statements(source):
        case [
            *above,
            ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="reveal")) as call) as shown,
        ]:
            words, named = _literals(call)
            before = _source_above(source, above, shown)
            return RevealCell(before, name, words[0] if words else named.get("did", ""), named.get("answer", ""))
    return None


def _statements(source: str) -> list[ast.stmt]:
    try:
        return compile(source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).body
    except SyntaxError:  # a cell with a magic, or with an error on purpose
        return []


def _source_above(source: str, above: Sequence[ast.stmt], statement: ast.stmt) -> str:
    if all(isinstance(each, ast.Import | ast.ImportFrom) for each in above):
        return ""
    return "\n".join(source.splitlines()[: statement.lineno - 1]).strip()


def _literals(call: ast.Call) -> tuple[list[str], dict[str, str]]:
    """A call's arguments. Raises ValueError if one isn't a literal: then no page can show it."""
    words = [ast.literal_eval(argument) for argument in call.args]
    return words, {word.arg or "": ast.literal_eval(word.value) for word in call.keywords}
