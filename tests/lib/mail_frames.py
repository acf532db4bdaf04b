"""Verdicts of a month as the drift room writes them, for the tests of the mail."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from multisite.notify.content.agreement import Agreement, Step
from multisite.notify.content.tables import MonthTables
from multisite.notify.content.trust import Place
from multisite.schemas import Artefact
from multisite.schemas.drift_baseline import DRIFT_BUDGET
from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DRIFT_EVENTS
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS

__all__ = [
    "BOUNCE",
    "MONTH",
    "SENT",
    "agreement",
    "amber",
    "green",
    "monitor",
    "performance",
    "place",
    "tables_of",
    "verdict",
]

MONTH = "2026-10"
SENT = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
SITE, MODEL = "elsewhere", "ptx"
_SOFTWARE = "software 5.2 → 5.3 on GE Discovery"

Frames = dict[str, pl.DataFrame]


def agreement(**changes: Any) -> Agreement:
    """Of a site that names its QA lead, AI lead and physicist."""
    roles = ("qa_lead", "ai_lead", "physicist", "governance")
    steps = {
        "GREEN": Step(("qa_lead",), "qa_lead", 20, "Nothing to do."),
        "GREY": Step(("qa_lead", "integration"), "integration", 5, "Mend the feed, or accept the wait."),
        "AMBER-1": Step(("qa_lead",), "qa_lead", 10, "Read this mail and acknowledge the cause."),
        "AMBER-2": Step(("qa_lead", "ai_lead"), "ai_lead", 5, "Check 50 cases of DR-04 and note the result."),
        "RED": Step(("qa_lead", "ai_lead", "governance"), "ai_lead", 1, "Decide: go on, switch off, or suspend."),
        "RED unacknowledged": Step(("qa_lead", "medical_director"), "medical_director", 2, "Decide in their place."),
    }
    people = {role: (f"{role}@hospital.example",) for role in roles}
    given = {"people": people, "steps": steps, "sender": "ai-monitor@hospital.example"}
    return Agreement(**(given | {"contact": "AI office, ext. 4410", "devices": {"ab12cd": "DR-04"}} | changes))


def place(**changes: Any) -> Place:
    """A run of the program at the site."""
    given = {
        "study": "cxr",
        "study_title": "Pneumothorax on chest radiographs",
        "site": SITE,
        "site_title": "St Elsewhere",
        "model": MODEL,
        "model_title": "CXR-PTX v2.3",
        "acknowledge": "multisite monitor ack study.yaml --sites sites --site elsewhere --model ptx",
        "page": "cxr/elsewhere/timeline_page/part-all.html",
        "page_sha256": "7" * 64,
        "ledger_head": "9f" * 32,
        "n_entries": 41,
        "run": "0c1d2e3f4a5b6c7d",
        "sent": SENT,
        "minimum_cell": 10,
    }
    return Place(**(given | changes))


def verdict(**changes: Any) -> dict[str, Any]:
    """A row of DRIFT_VERDICTS: a green month."""
    return {
        "site": SITE,
        "month": MONTH,
        "model": MODEL,
        "state": "GREEN",
        "cause": "",
        "sentence": "31 of 31 monitors were judged in Oct 2026, and all are in range.",
        "reason": "",
        "case_number": None,
        "n_studies": 780,
        "n_monitors": 31,
        "n_signals": 0,
        "n_not_assessable": 0,
        "evidence": 1.4,
        "amber_line": 24.0,
        "red_evidence": 1.1,
        "red_line": 60.0,
        "ambers_last_year": 0,
        "months_grey": 0,
        "baseline": "4be1c0ffee12ab34",
        "overlap_state": None,
        "season": "none seen",
        "is_shadow": False,
        "digest": "a1" * 32,
    } | changes


def monitor(name: str, title: str, family: str, kind: str = "share", **changes: Any) -> dict[str, Any]:
    """A row of DRIFT_MONITORS that is in range."""
    return {
        "site": SITE,
        "month": MONTH,
        "model": MODEL,
        "baseline": "4be1c0ffee12ab34",
        "is_overlap": False,
        "monitor": name,
        "axis": "overall",
        "level": "overall",
        "title": title,
        "family": family,
        "kind": kind,
        "n_studies": 780,
        "n_reference": 2400,
        "cell": "",
        "value": 0.061,
        "usual": 0.06,
        "usual_low": 0.045,
        "usual_high": 0.078,
        "unit": "",
        "change": 0.001,
        "change_unit": "share",
        "smallest_change": 0.02,
        "p_value": 0.4,
        "adjusted_p_value": 0.8,
        "evidence": 0.9,
        "since": None,
        "detectable_change": 0.026,
        "mix_axis": None,
        "mix_change": None,
        "within_change": None,
        "event": None,
        "status": "in range",
        "reason": None,
    } | changes


def performance(**changes: Any) -> dict[str, Any]:
    """A row of DRIFT_PERFORMANCE that awaits labels."""
    return {
        "site": SITE,
        "month": MONTH,
        "finding": "pneumothorax",
        "model": MODEL,
        "axis": "overall",
        "level": "overall",
        "measure": "sensitivity",
        "method": "labels",
        "n_studies": 780,
        "n_labelled": 11,
        "maturity": 0.42,
        "estimate": None,
        "lower": None,
        "upper": None,
        "ci_method": "",
        "reference": 0.91,
        "margin": 0.1,
        "verdict": "insufficient evidence",
        "backtest_error": None,
        "n_backtested": 0,
        "n_needed": 107,
        "next_month": "2027-03",
        "reason": "too few labels",
    } | changes


def _table(artefact: Artefact, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=artefact.empty().schema)


def _quiet() -> list[dict[str, Any]]:
    return [
        monitor("volume_ptx", "Studies a month", "feed", "volume", value=780.0, usual=760.0, usual_low=700.0,
                usual_high=860.0, change=0.03, change_unit="volume"),
        monitor("missing_kvp", "Studies without kVp", "feed", value=0.004, usual=0.003, usual_low=0.0, usual_high=0.01),
        monitor("software_versions", "Software versions", "acquisition", "category", cell="5.2", value=0.4, usual=0.4),
        monitor("age_years", "Age", "population", "number", value=61.2, usual=60.8, usual_low=59.1, usual_high=62.5,
                unit="years", change=0.02, change_unit="standard deviations"),
        monitor("alert_pneumothorax_ptx", "AI alert rate for pneumothorax", "output"),
        monitor("disagrees_pneumothorax_ptx", "AI and report disagree on pneumothorax", "agreement", value=0.041),
        monitor("alert_pneumothorax_ptx", "AI alert rate for pneumothorax, sex F", "subgroups", axis="sex", level="F"),
    ]  # fmt: skip


def green(**changes: Any) -> Frames:
    """The tables of a green month."""
    days = [
        {"site": SITE, "model": MODEL, "date": date(2026, 10, day), "n_studies": 36, "n_failed": 0, "n_abstained": 1}
        for day in range(1, 24)
    ]
    budget = {
        "site": SITE, "model": MODEL, "n_studies": 800, "n_monitors": 31, "n_years": 300, "n_ambers": 180,
        "n_reds": 30, "ambers_per_year": 0.6, "ambers_per_year_upper": 0.7, "reds_per_five_years": 0.5,
        "reds_per_five_years_upper": 0.7, "budget_ambers_per_year": 1.0, "budget_reds_per_five_years": 1.0,
    }  # fmt: skip
    return {
        "drift_verdicts": _table(DRIFT_VERDICTS, [verdict(**changes)]),
        "drift_monitors": _table(DRIFT_MONITORS, _quiet()),
        "drift_cases": _table(DRIFT_CASES, []),
        "drift_events": _table(DRIFT_EVENTS, []),
        "drift_budget": _table(DRIFT_BUDGET, [budget]),
        "deployment_days": _table(DEPLOYMENT_DAYS, days),
    }


def amber(**changes: Any) -> Frames:
    """The tables of a month in which the alert rate rose after new software."""
    signal = {"status": "signal", "since": "2026-10", "event": _SOFTWARE, "adjusted_p_value": 1e-4, "p_value": 1e-5}
    rows = _quiet()
    rows[2] |= signal | {"cell": "5.3", "value": 0.38, "usual": 0.0, "usual_low": 0.0, "usual_high": 0.004,
                         "change": 0.38, "evidence": 9e6}  # fmt: skip
    rows[4] |= signal | {"value": 0.094, "usual": 0.061, "change": 0.033, "evidence": 310.0, "mix_axis": "patient_sex",
                         "mix_change": 0.002, "within_change": 0.031}  # fmt: skip
    rows[5] |= {"status": "not assessable", "value": None, "reason": "7 studies with a report, 40 are needed"}
    rows[6] |= signal | {"value": 0.102, "usual": 0.062, "change": 0.04, "evidence": 44.0}
    given = {
        "state": "AMBER-2",
        "cause": _SOFTWARE,
        "sentence": "AI alert rate for pneumothorax rose from 6.1 % to 9.4 % after software 5.2 → 5.3 on GE Discovery"
        " (12 Oct 2026), and 2 more monitors.",
        "case_number": 3,
        "n_signals": 3,
        "n_not_assessable": 1,
        "ambers_last_year": 1,
        "season": "not separable yet",
    }
    case = {
        "site": SITE, "model": MODEL, "case_number": 3, "cause": _SOFTWARE, "families": "acquisition,output",
        "opened": MONTH, "last": MONTH, "worst": "AMBER-2", "acknowledged": None, "acknowledged_by": None,
        "closed": None,
    }  # fmt: skip
    event = {
        "site": SITE, "date": date(2026, 10, 12), "month": MONTH, "kind": "software version", "device": "ab12cd9f00",
        "title": _SOFTWARE, "source": "headers", "is_planned": False, "window_end": None,
        "monitors": ["software_versions"], "n_studies": 296,
    }  # fmt: skip
    return {
        **green(**(given | changes)),
        "drift_monitors": _table(DRIFT_MONITORS, rows),
        "drift_cases": _table(DRIFT_CASES, [case]),
        "drift_events": _table(DRIFT_EVENTS, [event]),
        "drift_performance": _table(DRIFT_PERFORMANCE, [performance()]),
    }


def tables_of(frames: Frames, month: str = MONTH) -> MonthTables:
    """The tables of the model and ``month``."""
    return MonthTables.of(frames, model=MODEL, month=month)


BOUNCE = b"""From: MAILER-DAEMON@mail.example
To: ai-monitor@hospital.example
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; AI@hospital.example
Action: failed
Status: 5.1.1

Final-Recipient: rfc822; slow@hospital.example
Action: delayed
Status: 4.0.0
--b
Content-Type: text/rfc822-headers

Message-ID: <2026-10.r1.aa@hospital.example>
Subject: [GREEN] x
--b--
"""
"""A delivery status notification (RFC 3464) of one address that was not reached, and one that is being tried."""
