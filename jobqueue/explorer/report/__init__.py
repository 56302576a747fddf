"""The ways to show a result: a summary, and a schedule as text, as SVG and as a page."""
