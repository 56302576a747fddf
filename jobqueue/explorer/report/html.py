"""A report as HTML: the verdict, how much was tried, the problems, and the simplest schedule drawn."""

from typing import TYPE_CHECKING

from jobqueue.explorer.report import svg
from jobqueue.printable import escape_html as escape

if TYPE_CHECKING:  # it imports this module when it displays itself
    from jobqueue.explorer.report.summary import Report


def page(report: "Report") -> str:
    """Render the report as one piece of HTML that loads nothing else."""
    style = "good" if report.ok else "wrong"
    sign = "✓" if report.ok else "✗"
    title = f"{report.title}: {report.verdict}" if report.title else report.verdict
    parts = [svg.STYLE, '<div class="jqx">', f'<h4 class="{style}">{sign} {escape(title)}</h4>']
    lines = filter(None, (report.coverage, report.same_stories))
    parts.append(f'<p class="quiet">{"<br>".join(map(escape, lines))}</p>')
    for at, problem in enumerate(report.problems):
        head = f"<b>{escape(problem.kind)}</b> by {escape(problem.by)}, in {problem.among}"
        if problem.schedule is None:
            parts.append(f"<p>{head}: {escape(problem.message)}</p>")
        else:
            parts.append(
                f"<details{' open' * (at == 0)}><summary>{head}</summary>{svg.image(problem.schedule)}</details>"
            )
    return "".join(parts) + "</div>"
