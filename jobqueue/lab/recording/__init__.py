"""The recording of a world: frames and events, sampled ten times per second and kept."""
