"""A working piece for each exercise, one file a checker. Not looked at before one's own is written, of course."""
