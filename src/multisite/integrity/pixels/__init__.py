"""Looking at pixels inside the site, where the study file asks for it: which images, how, and which are alike.

Belongs here: the choice of instances, the stage that reads them, and the search for pairs of like images. Does not
belong: what pixels are made of (``dicom``), or what follows from it (``checks``).
"""

from multisite.integrity.pixels.stage import PIXELS_STAGE

__all__ = ["PIXELS_STAGE"]
