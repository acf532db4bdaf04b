"""The study protocol and the site files: frozen models, loaded and checked.

Belongs here: what a configuration file may say, and reading it with every fault named at once. Does not belong: using
the values (the rooms take plain parameters). Rooms import it only in their ``stage.py``.
"""

from multisite.study.analysis_plan import AnalysisPlan, PlannedEndpoint
from multisite.study.cohort import EligibilityRule, Stratum
from multisite.study.drift import AlertBand, Drift
from multisite.study.failure_modes import FailureModes
from multisite.study.intersection import Intersection
from multisite.study.label_errors import FindingLabelErrors
from multisite.study.loading import load_site, load_sites, load_study
from multisite.study.margins import Margin
from multisite.study.measures import Measure
from multisite.study.model_comparison import DataByDate, DataByStratum, ModelComparison
from multisite.study.monthly import Escalation, MailServer, Monthly
from multisite.study.operating_point import OperatingPoint, ThresholdRule, operating_point_of
from multisite.study.protocol import changes_between, protocol_parts
from multisite.study.reference import (
    FindingReference,
    IndependentRule,
    LatentClassRule,
    MajorityRule,
    PanelRule,
    TwoPlusOneRule,
)
from multisite.study.reporting import Reporting
from multisite.study.risks import CompanionRecord, Risk
from multisite.study.site_file import Credentials, Site, SiteTableFile, Store
from multisite.study.split import ColumnSplit, PatientSplit, SiteSplit, TableSplit, TimeSplit
from multisite.study.statements import statements_of, texts_of, written_afterwards
from multisite.study.study_file import Study

__all__ = [
    "AlertBand",
    "AnalysisPlan",
    "ColumnSplit",
    "CompanionRecord",
    "Credentials",
    "DataByDate",
    "DataByStratum",
    "Drift",
    "EligibilityRule",
    "Escalation",
    "FailureModes",
    "FindingLabelErrors",
    "FindingReference",
    "IndependentRule",
    "Intersection",
    "LatentClassRule",
    "MailServer",
    "MajorityRule",
    "Margin",
    "Measure",
    "ModelComparison",
    "Monthly",
    "OperatingPoint",
    "PanelRule",
    "PatientSplit",
    "PlannedEndpoint",
    "Reporting",
    "Risk",
    "Site",
    "SiteSplit",
    "SiteTableFile",
    "Store",
    "Stratum",
    "Study",
    "TableSplit",
    "ThresholdRule",
    "TimeSplit",
    "TwoPlusOneRule",
    "changes_between",
    "load_site",
    "load_sites",
    "load_study",
    "operating_point_of",
    "protocol_parts",
    "statements_of",
    "texts_of",
    "written_afterwards",
]
