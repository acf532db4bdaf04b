"""Sentences of the report, made from the numbers and never written beforehand.

Belongs here: what follows from the evidence, in plain words, for headings, figure titles and the first page. Does not
belong: markup. Imported by the report's page only.
"""

from multisite.pack.sentences.statement import Statement

__all__ = ["Statement"]
