"""A working piece for each exercise, one file per checker. Write your own before you look, of course."""
