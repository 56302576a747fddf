"""`side_by_side("reap")`: a learner's own piece, and next to it the same piece of the mini."""

from jobqueue.lab import solutions
from jobqueue.lab.course.lesson import Source
from jobqueue.lab.own.definitions import gather
from jobqueue.lab.own.file import NAME
from jobqueue.lab.own.pieces import load_own
from jobqueue.lab.solutions import mini

#: Functions of the mini, and the learner's pieces that do the same.
TWINS = {
    "enqueue": "enqueue_job",
    "run_one": "process_one",
    "reap": "reap_stale_jobs",
    "fail": "settle_failure",
    "pick": "pick",
    "backoff": "backoff",
}

#: Two columns where there's room for both, else one below the other. A long line goes on below, further to the right.
STYLE = """<style>
.jq-pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1rem 1.5rem }
.jq-pair > div { min-width: 0 }
.jq-pair .jq-source > code { display: inline-block; margin-bottom: 0.5rem }
.jq-pair .line { display: block; min-height: 1lh; padding-left: var(--hang); text-indent: calc(-1 * var(--hang)) }
</style>"""

#: Characters by which the rest of a long line is indented, relative to its start.
HANG = 4


class SideBySide:
    """Two sources. It displays itself."""

    def __init__(self, *sources: Source):
        self.sources = sources

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.sources))

    def _repr_html_(self) -> str:
        columns = "".join(f"<div>{_hanging(source)}</div>" for source in self.sources)
        return f'{STYLE}<div class="jq-pair">{columns}</div>'


def _hanging(source: Source) -> str:
    """Render `source` with each line in an element of its own, which knows its indent."""
    head, _, rest = source._repr_html_().partition("<pre>")
    body, _, foot = rest.rpartition("</pre>")
    lines = zip(source.text.splitlines(), body.splitlines(), strict=False)  # a tag never spans two lines
    spans = (f'<span class="line" style="--hang: {_indent(text) + HANG}ch">{line}</span>' for text, line in lines)
    return f"{head}<pre>{''.join(spans)}</pre>{foot}"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def side_by_side(name: str) -> SideBySide:
    """Show your piece, or the kit's if you kept none, next to the mini's: "enqueue", "run_one", "reap", "fail" …

    Raises ValueError if the mini has no such piece.
    """
    if name not in TWINS:
        raise ValueError(f"the mini has no {name!r}. Choose from {', '.join(TWINS)}")
    own, kits = load_own()[0].get(TWINS[name]), getattr(solutions, TWINS[name])
    title = f"yours · {NAME}" if own else "the kit's, until you keep yours"
    twin = getattr(mini, name)
    return SideBySide(
        Source(title, gather(own or kits).text, "python"), Source("the mini · mini.py", gather(twin).text, "python")
    )
