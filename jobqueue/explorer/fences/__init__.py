"""Fences around a program: memory, processor time, and actions that would outlive a schedule."""
