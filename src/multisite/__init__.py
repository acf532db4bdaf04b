"""multisite turns the claim "AUC 0.94" into evidence, across many hospitals, without moving images.

Importing the package loads neither Ray, Polars nor Evidently: each is imported by the room that needs it.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
