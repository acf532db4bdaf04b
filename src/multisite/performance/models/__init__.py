"""Two models on the same cases, and on old and new data.

Belongs here: paired differences at a site, and over sites.
"""
