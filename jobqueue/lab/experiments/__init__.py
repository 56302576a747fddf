"""Experiments whose numbers lessons quote: days, overload, bursts, outages, designs and prices."""
