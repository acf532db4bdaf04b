"""The threshold: chosen on tuning cases, held elsewhere, and what it does to 1,000 cases.

Belongs here: rules of choice, transfer, outcomes and net benefit.
"""
