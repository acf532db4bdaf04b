"""Opening a store, listing it, reading ranges, writing atomically; artefacts by name, and their manifests.

Belongs here: every byte that is read or written, and the only imports of object-store clients. Does not belong: what
the bytes mean. A store is opened for a zone, and refuses what belongs to a more trusted one.
"""
