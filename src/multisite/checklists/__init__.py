"""Reporting guidelines, hazards and boundaries as data, and what of them a study has answered.

Belongs here: items in our words with their published numbers, hazards, refused words, records beside a pack; and the
pure rule by which an item is reported, partial, not applicable or missing. Does not belong: which evidence a study has
(``pack``), or how any of it is shown. Knows nothing of the other rooms; ``study``, ``pack`` and ``cli`` may import it.
"""
