"""What a row has to be, worked out value by value from what pydicom converts: slow, plain, and by another road."""

import copy
import hashlib
import hmac
import math
import re
import warnings
from datetime import date, datetime, time, timedelta
from typing import Any

from pydicom.dataset import Dataset

from multisite.dicom import ATTRIBUTES, Attribute

KEY = b"a key for tests, of 32 bytes....."
INVALID = object()
EMPTY = object()
ABSENT = object()


def pseudonym(text: str, kind: str, key: bytes = KEY) -> str:
    """As the docstring of the pseudonym module says."""
    kind_key = hmac.new(key, b"multisite pseudonym 1\0" + kind.encode(), hashlib.sha256).digest()
    return hmac.new(kind_key, text.encode(), hashlib.sha256).hexdigest()[:32]


def expected_row(dataset: Dataset) -> tuple[dict[str, Any], set[str], set[str]]:
    """The values by column, and the keywords that are empty and invalid. ``dataset`` has its pixels, if any."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels = {tag: bool(dataset[tag].value) for tag in PIXELS if tag in dataset}
        dataset = _without_pixels(dataset)
        found = {attribute.keyword: _find(dataset, attribute) for attribute in ATTRIBUTES}
    if not _ends_early(dataset):
        found |= {PIXELS[tag]: True if filled else EMPTY for tag, filled in pixels.items()}
    row: dict[str, Any] = {}
    for attribute in ATTRIBUTES:
        value = found[attribute.keyword]
        nothing = value is ABSENT or value is EMPTY or value is INVALID
        if attribute.normalise in PRESENCE:
            row[attribute.column] = not nothing
            if _ends_early(dataset) and attribute.tags[0] > 0x52009230:
                row[attribute.column] = None
        elif attribute.column:
            row[attribute.column] = None if nothing else value
    row["age_years"] = _age(found)
    empty = {keyword for keyword, value in found.items() if value is EMPTY}
    return row, empty, {keyword for keyword, value in found.items() if value is INVALID}


PIXELS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData"}


def _without_pixels(dataset: Dataset) -> Dataset:
    """A header is read without its pixels, and pydicom makes something of their presence."""
    left = copy.copy(dataset)
    for tag in PIXELS:
        left.pop(tag, None)
    return left


PRESENCE = {
    "presence_only", "free_text_presence", "sequence_presence", "code_sequence", "contributing_equipment", "deid_codes",
    "fg_container", "us_regions", "radiopharm", "overlay_presence", "pixel_hash",
}  # fmt: skip


def _ends_early(dataset: Dataset) -> bool:
    return "PerFrameFunctionalGroupsSequence" in dataset or "WaveformSequence" in dataset


def _age(found: dict[str, Any]) -> float | None:
    age, birth, study = found["PatientAge"], found["PatientBirthDate"], found["StudyDate"]
    if isinstance(age, float):
        return age
    if not isinstance(birth, date) or not isinstance(study, date) or study < birth:
        return None
    return float(study.year - birth.year - ((study.month, study.day) < (birth.month, birth.day)))


def _find(dataset: Dataset, attribute: Attribute) -> Any:
    source = dataset.file_meta if attribute.tags[0] >> 16 == 2 else dataset
    planes = [tag for tag in attribute.tags if tag in source]
    if _ends_early(dataset):
        planes = [tag for tag in planes if tag <= 0x52009230]
    if not planes:
        return ABSENT
    values = [_one(source, tag, attribute) for tag in planes]
    if attribute.normalise in PRESENCE:
        return next((value for value in values if value not in (EMPTY, INVALID)), values[0])
    return values[0]


def _one(source: Dataset, tag: int, attribute: Attribute) -> Any:
    held = source.get_item(tag)
    if getattr(held, "length", None) == 0:
        return EMPTY
    if attribute.normalise in PRESENCE and attribute.vr != ("SQ",) and isinstance(getattr(held, "value", None), bytes):
        filled = held.value if attribute.vr[0] in ("OB", "OW") else held.value.strip(b" \0")
        return True if filled else EMPTY
    try:
        value = source[tag].value
    except Exception:  # pydicom has no common class for a value that it cannot convert
        return INVALID
    if attribute.normalise in PRESENCE:
        return True if value else EMPTY
    if source[tag].VR == "SQ":
        return INVALID
    lenient = attribute.vr[0] in ("UI", "DS", "IS") or attribute.pseudonym
    parts = [str(part).strip(" \0\t\n\r\v\f" if lenient else " \0") for part in _parts(value)]
    if not "\\".join(parts):
        return EMPTY
    if isinstance(value, bytes) or any("\ufffd" in part for part in parts):
        return INVALID
    return _normal(attribute, parts)


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
    return int(match[1]) * unit[match[2]] if match else None


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
    values, empty, invalid = expected_row(dataset)
    wrong = [f"{name}: {row[name]!r} != {value!r}" for name, value in values.items() if not _same(row[name], value)]
    if set(row["empty_attributes"]) != empty:
        wrong.append(f"empty: {set(row['empty_attributes']) ^ empty}")
    if set(row["invalid_attributes"]) != invalid:
        wrong.append(f"invalid: {set(row['invalid_attributes']) ^ invalid}")
    return wrong


def _same(got: Any, wanted: Any) -> bool:
    if isinstance(got, list) and isinstance(wanted, list):
        return len(got) == len(wanted) and all(map(_same, got, wanted))
    if isinstance(got, float) and isinstance(wanted, float):
        return math.isclose(got, wanted, rel_tol=1e-15)
    if isinstance(got, datetime) and isinstance(wanted, datetime):
        return abs(got - wanted) < timedelta(microseconds=1)
    return bool(got == wanted)
