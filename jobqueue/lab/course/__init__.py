"""The course itself: its files, the way to open it, and the checks of a learner's machine."""
