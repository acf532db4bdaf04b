"""Static figures of the report: drawn in pixels by Matplotlib, cleaned to small inline SVG.

Belongs here: what a figure looks like. Does not belong: which numbers it shows (``evidence``) or what its title finds
(``sentences``). Imported by the report's page only; the only home of Matplotlib.
"""
