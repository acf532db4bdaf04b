"""S3 as a store: ``store`` is the whole of it.

Reads go through obstore, and through s3fs where a server or a key is not to obstore's liking. The only home of both and
of what they stand on. Whatever a server answers becomes an error or a reason in ``errors``, which quotes none of it.
"""
