"""Traffic for a queue: jobs offered by a schedule, or by clients that wait for results."""
