"""Settling an attempt that failed: another attempt, or the dead-letter stream."""
