from dataclasses import dataclass
from datetime import date

from multisite.storage.canonical import canonical_json


@dataclass(frozen=True, slots=True)
class Period:
    until: date | None
    first: date


def test_dates_are_written_as_iso_8601_in_whatever_holds_them() -> None:
    content = {"period": Period(None, date(2024, 1, 31)), "days": [date(2023, 12, 1)]}
    assert canonical_json(content) == b'{"days":["2023-12-01"],"period":{"first":"2024-01-31","until":null}}'
