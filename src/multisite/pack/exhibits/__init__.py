"""Figures with their words: which rows of the evidence are drawn, and under which title.

Belongs here: choosing rows, titles and the data behind a figure. Does not belong: strokes and colours (``figures``) or
what a sentence concludes (``sentences``). Imported by the report's page only.
"""
