"""Votes: predictions that are kept, and compared with the outcome."""
