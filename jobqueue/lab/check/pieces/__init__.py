"""The pieces of a queue that learners write, one folder per checker, with the same files in each.

    cases.py    the task, and everything that's tried
    worlds.py   the small worlds in which it's tried
    judge.py    what counts as wrong
    ideas.py    the ideas behind bugs, and the words of each diagnosis

A piece leaves out a file that it doesn't need. All they share is one floor up, in `check/`.
"""
