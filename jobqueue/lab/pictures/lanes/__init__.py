"""The workers as lanes over time."""
