"""A reaper: requeue the jobs whose workers have fallen silent."""
