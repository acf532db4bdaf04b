"""Evidently's pages and verdicts: a picture, linked and archived, and never an alarm. The only home of Evidently."""
