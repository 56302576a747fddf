"""The tiers over time: depth, pending jobs, and the oldest wait."""
