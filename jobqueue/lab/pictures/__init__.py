"""Live pictures of a world, each a pure view of recorded frames."""
