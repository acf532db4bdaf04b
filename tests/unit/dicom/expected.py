"""What a row has to be, worked out value by value from what pydicom converts: slow, plain, and by another road."""

import copy
import hashlib
import hmac
import math
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pydicom.datadict import keyword_for_tag, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from multisite.dicom import ATTRIBUTES, Attribute
from tests.unit.dicom.expected_characters import TEXT_VRS, element_of, hand_down, strict_text
from tests.unit.dicom.expected_places import (
    NoTextError,
    UnreadError,
    codes_of,
    holders,
    is_binary,
    is_unread,
    number_for_text,
    own_holder,
    texts_of_items,
)

KEY = b"a key for tests, of 32 bytes....."
INVALID = object()
EMPTY = object()
ABSENT = object()
UNSEEN = object()
WIDE = " \0\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0"


def pseudonym(text: str, kind: str, key: bytes = KEY) -> str:
    """As the docstring of the pseudonym module says."""
    kind_key = hmac.new(key, b"multisite pseudonym 1\0" + kind.encode(), hashlib.sha256).digest()
    return hmac.new(kind_key, text.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass
class Expected:
    """A row by column, and for each of its lists the keywords."""

    row: dict[str, Any]
    lists: dict[str, set[str]]


def expected_row(dataset: Dataset) -> Expected:
    """What a row has to be. ``dataset`` has its pixels, if any."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels = {tag: bool(element_of(dataset, tag).value) for tag in PIXELS if tag in dataset}
        dataset = _without_pixels(dataset)
        hand_down(dataset)
        stood_in: set[str] = set()
        found = {attribute.keyword: _find(dataset, attribute, stood_in) for attribute in ATTRIBUTES}
        if not _ends_early(dataset):
            found |= {PIXELS[tag]: True if filled else EMPTY for tag, filled in pixels.items()}
        removed = _removed(dataset, found)
    found |= dict.fromkeys(removed, ABSENT)
    row: dict[str, Any] = {}
    for attribute in ATTRIBUTES:
        value = found[attribute.keyword]
        nothing = value is ABSENT or value is EMPTY or value is INVALID or value is UNSEEN
        if attribute.normalise in PRESENCE:
            row[attribute.column] = (
                None if value is UNSEEN or removed.get(attribute.keyword) == "dummy" else not nothing
            )
        elif attribute.column:
            row[attribute.column] = None if nothing else value
    row["age_years"] = _age(found)
    lists = {
        "empty_attributes": {keyword for keyword, value in found.items() if value is EMPTY},
        "invalid_attributes": {keyword for keyword, value in found.items() if value is INVALID},
        "unseen_attributes": {keyword for keyword, value in found.items() if value is UNSEEN},
        "removed_attributes": set(removed) - ({"PatientAge"} if row["age_years"] is not None else set()),
        "functional_group_attributes": stood_in,
    }
    return Expected(row, lists)


DECLARED = ("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence")
SENTINELS = {
    "0", "000Y", "18000101", "19000101", "99991231", "ANON", "ANONYMISED", "ANONYMIZED", "ANONYMOUS", "DEIDENTIFIED",
    "N/A", "NA", "NONE", "REMOVED", "UNKNOWN",
}  # fmt: skip
OPTIONS = {
    "clean_graphics": "113103", "clean_descriptors": "113105", "retain_full_dates": "113106",
    "retain_modified_dates": "113107", "retain_patient_characteristics": "113108", "retain_device_identity": "113109",
    "retain_uids": "113110", "retain_institution_identity": "113112",
}  # fmt: skip


def _removed(dataset: Dataset, found: dict[str, Any]) -> dict[str, str]:
    """The keywords of what was removed, each with what stands there."""
    said, method, codes = (found[keyword] for keyword in DECLARED)
    codes = codes if isinstance(codes, list) else []
    if said != "YES" and not (isinstance(method, list) and any(method)) and not codes:
        return {}
    removed = {}
    for attribute in ATTRIBUTES:
        kept = any(action == "K" and OPTIONS[option] in codes for option, action in attribute.ps315_options)
        if attribute.ps315_basic == "not_listed" or kept:
            continue
        value = found[attribute.keyword]
        if _text_of(dataset, attribute).upper() in SENTINELS:
            removed[attribute.keyword] = "dummy"
        elif value is ABSENT or value is EMPTY:
            removed[attribute.keyword] = "missing"
    return removed


def _text_of(dataset: Dataset, attribute: Attribute) -> str:
    """The text of the place that answers for an attribute, or nothing."""
    for source, tag in _places(dataset, attribute):
        value = _one(source, tag, attribute)
        if value is EMPTY:
            continue
        held = source._dict[tag]
        as_text = isinstance(held, RawDataElement) and held.VR in WRITTEN_AS_TEXT
        raw = held.value if as_text else None
        if attribute.vr[0] in BINARY or (raw is None and attribute.normalise in PRESENCE):
            return ""
        try:
            text = raw.decode("latin-1") if isinstance(raw, bytes) else str(element_of(source, tag).value)
        except Exception:  # pydicom has no common class for a value that it cannot convert
            return ""
        return text.strip(" \0")
    return ""


WRITTEN_AS_TEXT = (
    None, "AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT",
)  # fmt: skip
BINARY = ("US", "SS", "UL", "FD", "OB", "OW", "OF", "SQ")


def _places(dataset: Dataset, attribute: Attribute) -> Iterator[tuple[Dataset, int]]:
    """Every element that may answer for an attribute, in the order of asking."""
    if not attribute.path and attribute.normalise != "code_values":
        source = dataset.file_meta if attribute.tags[0] >> 16 == 2 else dataset
        end = min((_position(dataset, tag) for tag in BEHIND if tag in dataset._dict), default=0)
        there = [tag for tag in attribute.tags if tag in source._dict]
        yield from ((source, tag) for tag in there if not (end and _position(source, tag) > end))
    elif attribute.normalise != "code_values" and not attribute.each:
        with suppress(UnreadError):
            own = own_holder(dataset, attribute)
            if own is not None and attribute.tags[0] in own:
                yield own, attribute.tags[0]
    for item, tag in holders(dataset, attribute):
        if tag in item:
            yield item, tag


BEHIND = (0x52009230, 0x54000100)
ITEM_HEADS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
PIXELS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData"}


def _without_pixels(dataset: Dataset) -> Dataset:
    """A header is read without its pixels, and pydicom makes something of their presence."""
    left = copy.copy(dataset)
    for tag in PIXELS:
        left.pop(tag, None)
    return left


PRESENCE = {
    "presence_only", "name_presence", "free_text_presence", "sequence_presence", "code_sequence",
    "contributing_equipment", "fg_container", "us_regions", "radiopharm", "overlay_presence", "pixel_hash",
}  # fmt: skip


def _ends_early(dataset: Dataset) -> bool:
    return any(tag in dataset._dict for tag in BEHIND)


OLDEST_YEARS = 150.0


def _age(found: dict[str, Any]) -> float | None:
    age, birth, study = found["PatientAge"], found["PatientBirthDate"], found["StudyDate"]
    if isinstance(age, float):
        return age
    if not isinstance(birth, date) or not isinstance(study, date) or study < birth:
        return None
    years = float(study.year - birth.year - ((study.month, study.day) < (birth.month, birth.day)))
    return years if years <= OLDEST_YEARS else None


def _find(dataset: Dataset, attribute: Attribute, stood_in: set[str]) -> Any:
    counted = attribute.normalise == "code_values" or attribute.each
    value: Any = ABSENT
    try:
        value = _of_items(dataset, attribute) if counted else ABSENT
    except NoTextError:
        return INVALID
    except UnreadError:
        if attribute.normalise == "code_values" and attribute.tags[0] in dataset and not attribute.path:
            return INVALID
    value = _ask(dataset, attribute, value, stood_in)
    if value is ABSENT and is_unread(dataset, attribute):
        return UNSEEN
    if value is ABSENT and _ends_early(dataset) and (attribute.path or attribute.tags)[0] > 0x52009230:
        return UNSEEN
    return value


def _ask(dataset: Dataset, attribute: Attribute, value: Any, stood_in: set[str]) -> Any:
    """The first value that is not empty, of all the places."""
    counted = attribute.normalise == "code_values" or attribute.each
    presence = attribute.normalise in PRESENCE
    for source, tag in _places(dataset, attribute) if value in (ABSENT, EMPTY) else ():
        own = source is dataset or source is getattr(dataset, "file_meta", None) or (attribute.path and not counted)
        other = _from(source, tag, attribute)
        later_plane = presence and own and other in (EMPTY, INVALID) and value is not ABSENT
        if later_plane or other is ABSENT or (other is EMPTY and value is not ABSENT):
            continue  # of several planes any with a value
        if value not in (ABSENT, EMPTY) and not presence:
            return value
        value = other
        if value is not EMPTY and not own:
            stood_in.add(attribute.keyword)
        if value is not EMPTY and not (own and value is INVALID and presence):
            return value
    return value


def _from(source: Dataset, tag: int, attribute: Attribute) -> Any:
    if attribute.normalise == "code_values":
        try:
            return codes_of(source, keyword_for_tag(tag), _plain) or EMPTY
        except NoTextError:
            return INVALID
        except UnreadError:
            return ABSENT
    nothing = getattr(source._dict[tag], "length", None) == 0
    if attribute.vr[0] in ("DS", "IS") and tag != attribute.tags[0] and is_binary(source, tag) and not nothing:
        text = number_for_text(source, tag, attribute)
        return ABSENT if text is None else _normal(attribute, [text])
    return _one(source, tag, attribute)


def _of_items(dataset: Dataset, attribute: Attribute) -> Any:
    if attribute.each:
        texts = texts_of_items(dataset, attribute, _plain)
        return ABSENT if texts is None else texts if len(texts) > 1 or texts[0] else EMPTY
    item = own_holder(dataset, attribute)
    if item is None or attribute.tags[0] not in item:
        return ABSENT
    return codes_of(item, keyword_for_tag(attribute.tags[0]), _plain) or EMPTY


def _plain(item: Dataset, keyword: str) -> str:
    """One text of an item. Raises ``NoTextError`` if it has none."""
    tag = tag_for_keyword(keyword) or 0
    held = item._dict[tag]
    if isinstance(held, RawDataElement) and held.length == 0:
        return ""
    try:
        element = element_of(item, tag)
    except Exception as error:  # pydicom has no common class for a value that it cannot convert
        raise NoTextError from error
    parts = _parts(element.value)
    if element.VR in TEXT_VRS and isinstance(held, RawDataElement) and isinstance(held.value, bytes):
        text = strict_text(held.value, item)
        parts = [None] if text is None else text.split("\\")
    if any(part is None or isinstance(part, bytes | Dataset) for part in parts):
        raise NoTextError
    return "\\".join(str(part).strip(" \0") for part in parts)


def _position(source: Dataset, tag: int) -> int:
    """Where in the file the value of an element starts, or 0 if it was put there otherwise."""
    held = source._dict[tag]
    return (held.value_tell if isinstance(held, RawDataElement) else held.file_tell) or 0


def _one(source: Dataset, tag: int, attribute: Attribute) -> Any:
    held = source._dict[tag]  # the public way converts an empty element, and raises if its VR is no VR
    if getattr(held, "length", None) == 0:
        return EMPTY
    if attribute.vr == ("SQ",) and isinstance(held.value, bytes) and held.value[:4] in ITEM_HEADS:
        return True  # there is an item, whatever is in it
    if attribute.normalise in PRESENCE and attribute.vr != ("SQ",) and isinstance(getattr(held, "value", None), bytes):
        filled = held.value if attribute.vr[0] in ("OB", "OW") else held.value.strip(b" \0")
        return True if filled else EMPTY
    try:
        value = element_of(source, tag).value
    except Exception:  # pydicom has no common class for a value that it cannot convert
        return INVALID
    if attribute.vr == ("SQ",) and not isinstance(value, Sequence):
        return INVALID
    if attribute.normalise in PRESENCE:
        return True if value else EMPTY
    raw = held.value if isinstance(held, RawDataElement) else None
    found = _texts(source, tag, attribute, raw)
    if element_of(source, tag).VR == "SQ" or found is None:
        return INVALID if found is None or value else EMPTY
    lenient = attribute.vr[0] in ("UI", "DS", "IS") or attribute.pseudonym
    parts = [str(part).strip(WIDE if lenient else " \0") for part in found]
    if not "\\".join(parts):
        return EMPTY
    if isinstance(value, bytes) or any("\ufffd" in part for part in parts):
        return INVALID
    return _normal(attribute, parts)


def _texts(source: Dataset, tag: int, attribute: Attribute, raw: bytes | None) -> list[Any] | None:
    """The values of an element; ``None`` if its bytes are no text under its character set."""
    found = _parts(element_of(source, tag).value)
    vr, stated = element_of(source, tag).VR, source._dict[tag].VR
    is_number = attribute.vr[0] in ("DS", "IS") and isinstance(raw, bytes) and stated in (None, "UN", "DS", "IS")
    if is_number and any(type(part) in (str, int, float) for part in found):
        found = (raw or b"").decode("iso8859").split("\\")  # pydicom could not read a number, and tried other VRs
    is_text = stated in TEXT_VRS or (attribute.vr[0] in TEXT_VRS and vr in TEXT_VRS)
    if is_text and attribute.level != "file" and isinstance(raw, bytes):
        text = strict_text(raw, source)
        if text is None:
            return None
        found = [text] if vr in ("ST", "LT", "UT") else text.split("\\")
    if any(isinstance(part, Dataset) for part in found):
        return None  # items, of which pydicom cannot always make text
    if attribute.vm != "1":
        return "\\".join(map(str, found)).split("\\")  # how many values there may be is for the dictionary to say
    return found


def _parts(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__") or hasattr(value, "family_name"):
        return [value]
    return list(value)


def _normal(attribute: Attribute, parts: list[str]) -> Any:
    convert = CONVERTERS[attribute.normalise]
    if attribute.vm == "1":
        value = convert("\\".join(parts), attribute)
        return INVALID if value is None else value
    values = [None if part == "" and convert not in TEXTS else convert(part, attribute) for part in parts]
    if any(value is None and part for value, part in zip(values, parts, strict=True)):
        return INVALID
    numeric = attribute.normalise in ("ds_multi", "is_multi", "int_multi", "fd_multi")
    if numeric and attribute.vm.isdigit() and len(values) != int(attribute.vm):
        return INVALID
    return values


def _text(text: str, attribute: Attribute) -> str:
    return text


def _hash(text: str, attribute: Attribute) -> str | None:
    return pseudonym(text, attribute.pseudonym or "") if text else None


def _upper(text: str, attribute: Attribute) -> str:
    return text.upper()


def _only(*terms: str) -> Any:
    return lambda text, attribute: text.upper() if text.upper() in terms else None


def _pattern(pattern: str) -> Any:
    return lambda text, attribute: text if re.fullmatch(pattern, text, re.ASCII) else None


def _yes_no(text: str, attribute: Attribute) -> str | None:
    return {"Y": "YES", "N": "NO", "YES": "YES", "NO": "NO", "BOTH": "BOTH"}.get(text.upper())


def _date(text: str, attribute: Attribute) -> date | None:
    match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)|(\d{4})\.(\d\d)\.(\d\d)", text, re.ASCII)
    try:
        return date(*(int(part) for part in match.groups() if part)) if match else None
    except ValueError:
        return None


def _time(text: str, attribute: Attribute) -> time | None:
    match = re.fullmatch(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.(\d{1,6}))?)?)?", text, re.ASCII)
    if not match or (":" in text and not re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d+)?)?", text)):
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    try:
        return time(hour, minute, 59 if second == 60 else second, int((match.group(4) or "0").ljust(6, "0")))
    except ValueError:
        return None


def _datetime(text: str, attribute: Attribute) -> datetime | None:
    match = re.fullmatch(r"(\d{4,14}(?:\.\d{1,6})?)([+-]\d{4})?", text, re.ASCII)
    if not match:
        return None
    digits, _, fraction = match.group(1).partition(".")
    if len(digits) % 2 or (fraction and len(digits) != 14):
        return None
    day = _date((digits + "0101")[:8] if len(digits) < 6 else (digits + "01")[:8], attribute)
    clock = _time(digits[8:] + ("." + fraction if fraction else ""), attribute) if len(digits) > 8 else time(0)
    return datetime.combine(day, clock) if day and clock is not None else None


def _years(text: str, attribute: Attribute) -> float | None:
    match = re.fullmatch(r"(\d{1,3})([DWMY])", text, re.ASCII)
    unit = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
    years = int(match[1]) * unit[match[2]] if match else None
    return years if years is not None and years <= OLDEST_YEARS else None


def _float(text: str, attribute: Attribute) -> float | None:
    try:
        number = float(text) if re.fullmatch(r"[-+.0-9eE]+|nan|inf|-inf", text, re.ASCII) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _int(text: str, attribute: Attribute) -> int | None:
    if re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        return int(text) if -(2**63) <= int(text) < 2**63 else None
    number = _float(text, attribute)
    return int(number) if number is not None and number.is_integer() and abs(number) < 2**63 else None


CONVERTERS: dict[str, Any] = {
    **dict.fromkeys(("uid_hash", "keyed_hash", "ordering_only", "ae_title"), _hash),
    **dict.fromkeys(
        ("text_token", "multi_text", "description_tokens", "model", "vendor", "software_version", "kernel",
         "care_setting", "site_token", "contrast"), _text,
    ),
    **dict.fromkeys(("cs", "cs_multi", "cs_loose", "image_type", "charset", "view", "priority"), _upper),
    **dict.fromkeys(("uid", "sop_class", "transfer_syntax"), _pattern(r"[0-9.]{1,64}")),
    **dict.fromkeys(("date", "date_multi", "date_to_age"), _date),
    **dict.fromkeys(("ds_float", "ds_multi", "field_strength", "fd", "fd_multi"), _float),
    **dict.fromkeys(("is_int", "is_multi", "int", "int_multi"), _int),
    "sex": _only("M", "F", "O"), "yes_no": _yes_no, "laterality": _only("L", "R", "B", "U"),
    "lossy_flag": _only("00", "01"), "tz_offset": _pattern(r"[+-]\d{4}"),
    "time": _time, "datetime": _datetime, "age_string": _years,
}  # fmt: skip
TEXTS = {_text, _upper}


def differences(row: dict[str, Any], dataset: Dataset) -> list[str]:
    """The columns and lists of a decoded row that are not what they have to be."""
    expected = expected_row(dataset)
    wrong = [
        f"{name}: {row[name]!r} != {value!r}" for name, value in expected.row.items() if not _same(row[name], value)
    ]
    for name, keywords in expected.lists.items():
        if set(row[name]) != keywords or len(row[name]) != len(keywords):
            wrong.append(f"{name}: {set(row[name]) ^ keywords}")
    return wrong


def _same(got: Any, wanted: Any) -> bool:
    if isinstance(got, list) and isinstance(wanted, list):
        return len(got) == len(wanted) and all(map(_same, got, wanted))
    if isinstance(got, float) and isinstance(wanted, float):
        return math.isclose(got, wanted, rel_tol=1e-15)
    if isinstance(got, datetime) and isinstance(wanted, datetime):
        return abs(got - wanted) < timedelta(microseconds=1)
    return bool(got == wanted)
