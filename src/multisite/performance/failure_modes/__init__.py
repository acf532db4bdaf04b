"""Where the model errs: slices found on half of the patients and confirmed on the other.

Belongs here: search, confirmation, and counts over sites.
"""
