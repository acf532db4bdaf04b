"""The sites as a sample of sites: means with prediction intervals, and each site's own effect.

Belongs here: pooling of site estimates.
"""
