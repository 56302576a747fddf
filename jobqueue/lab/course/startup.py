"""Run by each kernel that `jobqueue lab` starts, as PYTHONSTARTUP: see missing.py. It leaves no name behind."""

with __import__("contextlib").suppress(ImportError):  # a kernel of another environment
    __import__("jobqueue.lab.course.missing", fromlist=["_"]).explain_missing_names()
