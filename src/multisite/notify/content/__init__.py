"""What a mail says, as data: no layout, no address line, no network.

Belongs here: choosing, wording and hiding. Every count that a mail shows goes through ``written``.
"""
