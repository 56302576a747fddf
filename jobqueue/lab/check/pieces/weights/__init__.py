"""A tier by lot, each in proportion to its weight."""
