"""Instances inside ``.zip``, ``.tar`` and ``.tar.gz`` objects, read without unpacking.

Belongs here: finding the members of an archive and their first bytes in ranged requests, in bounded memory and whatever
the archive claims. ``reader`` is what the rest of the room uses; ``keys`` tells an archive by its key. Does not belong:
what the bytes of a member mean, and listing the stores.
"""
