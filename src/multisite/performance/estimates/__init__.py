"""Estimates of every segment, per site and over all sites, with intervals that count patients.

Belongs here: the metrics of a segment, the rule that withholds them, and what repeated cases of a patient cost.
"""
