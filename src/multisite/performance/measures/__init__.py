"""Continuous endpoints: means, limits of agreement, and their margins.

Belongs here: measures of a segment, per site and over sites.
"""
