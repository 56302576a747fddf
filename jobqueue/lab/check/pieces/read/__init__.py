"""Reading a stream from some entry on."""
