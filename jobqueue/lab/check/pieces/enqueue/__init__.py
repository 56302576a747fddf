"""Enqueueing a job with a limit: backpressure."""
