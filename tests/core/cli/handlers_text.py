"""The module of handlers that tests of the command write into a folder, as mine.py."""

HANDLERS = """
import time
def double(job): return job.payload * 2
def hang(job): time.sleep(600)
HANDLERS = {"double": double, "hang": hang}
nothing = 5
none = {}
"""
