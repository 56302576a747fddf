"""A worker's one step: read a job, run it, acknowledge it."""
