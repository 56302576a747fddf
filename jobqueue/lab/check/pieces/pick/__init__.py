"""Which tier a worker fetches from next."""
