"""The parts that all pictures share: views, widgets, markup, the time axis."""
