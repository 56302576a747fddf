"""A report as HTML: the verdict, how much was tried, what was found, and the simplest schedule drawn."""

from html import escape

from jobqueue.lab.explorer import svg


def page(report) -> str:
    """The report as one piece of HTML, without anything from elsewhere."""
    style = "good" if report.ok else "wrong"
    sign = "✓" if report.ok else "✗"
    title = f"{report.title}: {report.verdict}" if report.title else report.verdict
    parts = [svg.STYLE, '<div class="jqx">', f'<h4 class="{style}">{sign} {escape(title)}</h4>']
    parts.append(f'<p class="quiet">{escape(report.coverage)}</p>')
    for at, problem in enumerate(report.problems):
        head = f"<b>{escape(problem.kind)}</b> by {escape(problem.by)}, in {problem.among}"
        if problem.schedule is None:
            parts.append(f"<p>{head}: {escape(problem.message)}</p>")
        else:
            parts.append(
                f"<details{' open' * (at == 0)}><summary>{head}</summary>{svg.draw(problem.schedule)}</details>"
            )
    return "".join(parts) + "</div>"
