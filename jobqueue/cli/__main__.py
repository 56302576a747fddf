"""`python -m jobqueue.cli` is the same command."""

from jobqueue.cli import run

run()
