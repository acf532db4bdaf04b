"""Calibration by level, what explains it, and recalibration as advice.

Belongs here: levels, causes, and fits on tuning cases that are judged on test cases.
"""
