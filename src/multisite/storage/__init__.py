"""Opening a store, listing it, reading ranges, writing atomically; artefacts by name, and their manifests.

Belongs here: every byte that is read or written, and the only imports of object-store clients. Does not belong: what
the bytes mean. Stores are opened with ``opening.open_store``; ``objects`` is the contract, ``location`` what may travel
to a worker, and only ``s3``, ``dicomweb`` and ``fsspec_store`` import clients. Artefacts are kept for a zone, and what
belongs to a more trusted one is refused.
"""
