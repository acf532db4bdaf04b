"""Levels and sites against all other cases, and against the declared margins.

Belongs here: contrasts, margins, and what becomes of them after Holm.
"""
