"""The course as a static site: every lesson, page and solution, to read and play with nothing installed."""
