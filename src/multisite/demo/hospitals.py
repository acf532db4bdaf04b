"""Four fictional hospitals with different mixes of equipment, habits of storing and forms of tables."""

from dataclasses import dataclass, field, replace

from multisite.demo import scanners as s

__all__ = ["SETTINGS", "Fleet", "Hospital", "StoreFolder", "TableHabits", "hospital"]

SETTINGS = ("emergency", "inpatient", "outpatient")
"""Clinical settings, in the order of ``Hospital.setting_shares``."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Scanners and the share of the studies that each makes; shares sum to 1."""

    scanners: tuple[s.Scanner, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StoreFolder:
    """A store of the hospital: which modalities it holds, and how its objects are named.

    ``layout``: ``nested`` (study/series/instance), ``dated`` (year/month/study/instance) or ``hashed`` (the
    last two digits of the UID, then the UID). ``bucket`` is set where the store is served as S3.
    """

    name: str
    modalities: tuple[str, ...]
    layout: str
    bucket: str | None = None


@dataclass(frozen=True, slots=True)
class TableHabits:
    """How the hospital writes its tables: file suffix, dates, and its own names for some columns."""

    suffix: str = ".csv"
    date_format: str = "%Y-%m-%d"
    column_names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hospital:
    """A fictional hospital.

    ``prevalence`` is that of the finding in an average setting; ``character_set`` the pair of DICOM term and Python
    codec. ``deidentified`` headers have lost names, birth dates and device identity, as after the basic profile with
    the options to keep patient characteristics and dates.
    """

    id: str
    title: str
    code: str
    fleet: Fleet
    stores: tuple[StoreFolder, ...]
    tables: TableHabits
    prevalence: float
    share_female: float
    mean_age: float
    setting_shares: tuple[float, ...]
    character_set: tuple[str, str]
    deidentified: bool = False
    dose_reports: bool = False

    @property
    def key_variable(self) -> str:
        """Environment variable with the site's pseudonym key."""
        return f"MULTISITE_KEY_{self.id.upper().replace('-', '_')}"


_EVERYTHING = (s.CT, s.CR, s.DX)

NORTHGATE = Hospital(
    id="northgate",
    title="Northgate University Hospital (fictional)",
    code="NG",
    fleet=Fleet(
        (s.SIEMENS_FORCE, s.GE_REVOLUTION, s.PHILIPS_IQON, s.SIEMENS_FD, s.PHILIPS_DIAGNOST, s.FUJI_XG),
        (0.34, 0.12, 0.14, 0.12, 0.16, 0.12),
    ),
    stores=(StoreFolder("pacs", _EVERYTHING, "nested"),),
    tables=TableHabits(),
    prevalence=0.36,
    share_female=0.47,
    mean_age=62.0,
    setting_shares=(0.25, 0.35, 0.40),
    character_set=("ISO_IR 100", "latin-1"),
    dose_reports=True,
)
HARBOUR = Hospital(
    id="harbour",
    title="Harbour General Hospital (fictional)",
    code="HB",
    fleet=Fleet(
        (s.GE_XR656, s.TOSHIBA_ONE, s.PHILIPS_INGENUITY, s.PHILIPS_C90, s.CARESTREAM_DRX),
        (0.45, 0.18, 0.12, 0.13, 0.12),
    ),
    stores=(StoreFolder("archive", _EVERYTHING, "dated", bucket="imaging-archive"),),
    tables=TableHabits(date_format="%d/%m/%Y"),
    prevalence=0.34,
    share_female=0.51,
    mean_age=66.0,
    setting_shares=(0.45, 0.30, 0.25),
    character_set=("ISO_IR 192", "utf-8"),
)
LAKESIDE = Hospital(
    id="lakeside",
    title="Lakeside Research Hospital (fictional)",
    code="LK",
    fleet=Fleet(
        (s.SIEMENS_AS, s.CANON_PRIME, s.PHILIPS_DIAGNOST, s.AGFA_CR, s.GE_OPTIMA),
        (0.28, 0.16, 0.24, 0.16, 0.16),
    ),
    stores=(StoreFolder("research", _EVERYTHING, "hashed"),),
    tables=TableHabits(
        suffix=".parquet",
        column_names={
            "case_id": "exam_number",
            "patient_id": "subject",
            "study_instance_uid": "study_uid",
            "split": "subset",
            "case_date": "exam_date",
            "clinical_setting": "ward",
            "reader": "radiologist",
            "rating": "opinion",
            "finding": "target",
            "model": "algorithm",
            "score": "probability",
        },
    ),
    prevalence=0.35,
    share_female=0.55,
    mean_age=58.0,
    setting_shares=(0.15, 0.25, 0.60),
    character_set=("", "ascii"),
    deidentified=True,
)
MILLFIELD = Hospital(
    id="millfield",
    title="Millfield District Hospital (fictional)",
    code="MF",
    fleet=Fleet(
        (s.FUJI_PHOTO, s.KODAK_CR, s.PHILIPS_ESSENTA, s.CANON_CXDI, s.SIEMENS_GO),
        (0.22, 0.19, 0.26, 0.15, 0.18),
    ),
    stores=(StoreFolder("radiography", (s.CR, s.DX), "hashed"), StoreFolder("ct", (s.CT,), "nested")),
    tables=TableHabits(column_names={"case_id": "accession", "clinical_setting": "referral", "reader": "read_by"}),
    prevalence=0.33,
    share_female=0.50,
    mean_age=68.0,
    setting_shares=(0.35, 0.20, 0.45),
    character_set=("ISO_IR 100", "latin-1"),
)

_FOUR = (NORTHGATE, HARBOUR, LAKESIDE, MILLFIELD)


def hospital(index: int) -> Hospital:
    """The hospital at position ``index`` from 0. After the fourth they repeat under new names, and none is S3."""
    model = _FOUR[index % len(_FOUR)]
    if index < len(_FOUR):
        return model
    number = index // len(_FOUR) + 1
    return replace(
        model,
        id=f"{model.id}-{number}",
        title=model.title.replace(" (", f" {number} ("),
        code=f"{model.code}{number}",
        stores=tuple(replace(store, bucket=None) for store in model.stores),
    )
