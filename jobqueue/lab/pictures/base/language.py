"""The picture language: one colour and one shape per worker and per tier, one shape per place. No dependencies.

The colours are Okabe and Ito's, which stay distinct with every kind of colour blindness. Vermilion is kept for trouble
(orphans, expired leases, dead workers) and is no worker's colour. Shapes are SVG paths around (0, 0), 12 units wide.
"""

#: One per worker, by its number. 5 and 8 have no common divisor, so 40 workers look different.
WORKER_COLOURS = ("#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
TROUBLE = "#D55E00"

#: The same shapes as characters, for text.
GLYPHS = "●■▲◆★⬟▼✚"
WORKER_SHAPES = (
    "M0-5.4a5.4 5.4 0 1 0 .01 0Z",
    "M-4.8-4.8H4.8V4.8H-4.8Z",
    "M0-5.8 5.8 4.6H-5.8Z",
    "M0-6.2 6.2 0 0 6.2-6.2 0Z",
    "M0-6.2 1.8-1.9 6.1-1.6 2.8 1.3 3.8 5.6 0 3.2-3.8 5.6-2.8 1.3-6.1-1.6-1.8-1.9Z",
    "M0-6 5.8-1.7 3.6 5.2H-3.6L-5.8-1.7Z",
    "M0 5.8 5.8-4.6H-5.8Z",
    "M-1.9-5.6H1.9V-1.9H5.6V1.9H1.9V5.6H-1.9V1.9H-5.6V-1.9H-1.9Z",
)

#: Drawn as strokes, so nobody mistakes a tier for a worker: two chevrons up, two bars, one chevron down.
TIER_SHAPES = {
    "high": "M-4 0 0-4 4 0M-4 5 0 1 4 5",
    "normal": "M-4-2H4M-4 2.4H4",
    "low": "M-4-1.8 0 2.2 4-1.8",
}
TIERS = tuple(TIER_SHAPES)

#: One per tier, and no worker's: violet, teal, olive. On white and on JupyterLab's dark paper each has a contrast of at
#: least 3.5. They stay distinct from each other and from trouble with each kind of colour blindness.
TIER_COLOURS = {"high": "#8457D6", "normal": "#2F8F9D", "low": "#8F8A5C"}

#: Also strokes: a tape, a clock, an hourglass, a check, a cross.
PLACE_SHAPES = {
    "waiting": "M-4-3.6H4M-4 0H4M-4 3.6H4",
    "pending": "M0-4.4a4.4 4.4 0 1 0 .01 0M0-2.2V.4L1.9 1.6",
    "delayed": "M-3.4-4.4H3.4L-3.4 4.4H3.4Z",
    "done": "M-4.4.4-1.2 3.6 4.4-3.4",
    "dead": "M-3.6-3.6 3.6 3.6M3.6-3.6-3.6 3.6",
}
