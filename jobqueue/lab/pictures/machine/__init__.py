"""The queue as a machine: places, and the jobs that move between them."""
