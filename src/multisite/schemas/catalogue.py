"""Every artefact by name, for the storage layer, the data dictionary and the tests."""

from multisite.schemas import (
    across_sites,
    agreement_by_stratum,
    calibration_strata,
    cohort,
    completeness,
    consequences,
    drift,
    drift_baseline,
    drift_feed,
    drift_performance,
    drift_verdicts,
    failure_modes,
    integrity,
    label_errors,
    looks,
    markers,
    measures,
    model_comparison,
    operating_points,
    performance,
    pixels,
    provenance,
    reader_bias,
    reference,
    reference_variants,
    report,
    representation,
    series,
    series_parts,
    series_table,
    shortcut_use,
    shortcuts,
    standings,
    timeline,
    truth_sensitivity,
    verdicts,
)
from multisite.schemas.artefact import AnyArtefact, Artefact, FileArtefact

__all__ = ["ARTEFACTS"]


def _declared() -> dict[str, AnyArtefact]:
    found: dict[str, AnyArtefact] = {}
    for module in (
        provenance,
        series_parts,
        series_table,
        series,
        completeness,
        markers,
        reference,
        reference_variants,
        reader_bias,
        agreement_by_stratum,
        cohort,
        representation,
        pixels,
        integrity,
        consequences,
        shortcuts,
        shortcut_use,
        performance,
        label_errors,
        operating_points,
        across_sites,
        verdicts,
        model_comparison,
        truth_sensitivity,
        measures,
        failure_modes,
        calibration_strata,
        drift,
        drift_feed,
        drift_baseline,
        drift_performance,
        drift_verdicts,
        timeline,
        looks,
        standings,
        report,
    ):
        for name in module.__all__:
            artefact = getattr(module, name)
            if isinstance(artefact, Artefact | FileArtefact):
                found[artefact.name] = artefact
    return found


ARTEFACTS: dict[str, AnyArtefact] = _declared()
"""Artefact name to declaration."""
