"""The whole world in one picture: account, strip, pending list, workers."""
