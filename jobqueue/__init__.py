"""A small, complete job queue on Redis Streams, written to be read."""
