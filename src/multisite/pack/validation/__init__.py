"""The validation pack: what a reviewer needs to adjudicate a claim alone, from the same evidence as the report.

Belongs here: the order of the pack by guideline, what of it is planned, answered, climbed or missing, the cards and the
files. Does not belong: numbers and exhibits, which are those of the report; checking a pack (``pack.verifying``).
"""
