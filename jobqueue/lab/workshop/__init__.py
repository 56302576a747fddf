"""The live workshop: an instructor's server, its pages for the projector and for phones, and what notebooks send it."""
