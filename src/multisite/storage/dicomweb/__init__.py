"""An image archive that speaks DICOMweb as a store: ``store`` is the whole of it.

QIDO-RS lists, WADO-RS metadata is read, and no pixels travel. The only home of urllib3. Whatever a server answers
becomes an error or a reason in ``errors``, which quotes none of it.
"""
