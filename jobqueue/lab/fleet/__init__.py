"""Real worker processes, and all that may go wrong with them."""
