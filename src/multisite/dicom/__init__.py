"""Bytes of a DICOM object → one row of typed, pseudonymised header columns.

Here belongs everything that knows how DICOM is encoded, and nowhere else is pydicom imported. Here does not
belong how bytes are fetched, where rows are written, or what is concluded from them. Any room above may
import it; it imports no other room than ``errors`` and ``vocabulary``.
"""

from multisite.dicom.ages import AgeSource
from multisite.dicom.aliases import NormalisationRule
from multisite.dicom.attributes import ATTRIBUTES, Attribute
from multisite.dicom.columns import decode_headers
from multisite.dicom.header_columns import HEADER_COLUMNS, HeaderColumn
from multisite.dicom.normalise import (
    KERNEL_CLASSES,
    MODALITIES,
    body_part_rule,
    kernel_class,
    kernel_rule,
    model_rule,
    normalise_body_part,
    normalise_model,
    normalise_vendor,
    vendor_rule,
)
from multisite.dicom.pseudonym import Pseudonymiser
from multisite.dicom.reader import MAX_HEADER_BYTES, READER_VERSION, read_header
from multisite.dicom.records import NeedMore, RawHeader
from multisite.dicom.trace_codes import IDENTITY_TRACES, LEFT, OBJECT_KEY, TEXTS, UIDS, TraceOf, left, trace

__all__ = [
    "ATTRIBUTES",
    "HEADER_COLUMNS",
    "IDENTITY_TRACES",
    "KERNEL_CLASSES",
    "LEFT",
    "MAX_HEADER_BYTES",
    "MODALITIES",
    "OBJECT_KEY",
    "READER_VERSION",
    "TEXTS",
    "UIDS",
    "AgeSource",
    "Attribute",
    "HeaderColumn",
    "NeedMore",
    "NormalisationRule",
    "Pseudonymiser",
    "RawHeader",
    "TraceOf",
    "body_part_rule",
    "decode_headers",
    "kernel_class",
    "kernel_rule",
    "left",
    "model_rule",
    "normalise_body_part",
    "normalise_model",
    "normalise_vendor",
    "read_header",
    "trace",
    "vendor_rule",
]
