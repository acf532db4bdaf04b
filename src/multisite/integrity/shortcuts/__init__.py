"""How well the finding can be told without the image, and whether the model's scores go with how it was made.

Belongs here: what is held against the model at the sites and over them. Checks of one site are in ``checks``.
"""

from multisite.integrity.shortcuts.stage import LADDER_STAGE, SHORTCUT_STAGE, SHORTCUT_USE_STAGE

__all__ = ["LADDER_STAGE", "SHORTCUT_STAGE", "SHORTCUT_USE_STAGE"]
