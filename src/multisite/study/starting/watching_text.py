"""The sections `drift` and `extraction` of a study to start from, with the defaults of the program."""

from multisite.study.drift import Drift
from multisite.study.starting.yaml_words import number
from multisite.study.study_file import Extraction

__all__ = ["extraction_text", "watching_text"]


def watching_text() -> str:
    """The section `drift`: what nearly every study can watch, within the default budget."""
    drift = Drift()
    feed, budget, smallest = drift.feed, drift.budget, drift.smallest_changes
    return f"""\
# What is watched in routine use, month by month, against the validated cases (`multisite baseline`, then `monitor`).
drift:
  # Columns of the index series, in two families: how the images are made, and whose they are. Also a column clinical_…
  # that the site's tables of cases and of routine use have.
  acquisition:
    numbers: [slice_thickness_mm, tube_voltage_kv]
    categories: [vendor, manufacturer_model_name, software_versions, modality, kernel_class]
  population:
    numbers: [age_years]
    categories: [patient_sex]
  # The model's output: the scores, and the share of studies with a score at or above the threshold.
  scores: true
  alert_rate: true
  # Watched categories within whose values the output is watched, too, as [vendor, patient_sex].
  subgroups: []
  # Working days without any study that are a stopped feed, and the first months, from which volumes are learnt.
  feed: {{silent_days: {feed.silent_days}, first_months: {feed.first_months}}}
  # How often a site may be alarmed though nothing has changed.
  budget:
    false_ambers_per_year: {number(budget.false_ambers_per_year)}
    false_reds_per_five_years: {number(budget.false_reds_per_five_years)}
  # Changes below which nobody is told: of a share, of a mean in standard deviations, of the volume.
  smallest_changes:
    share: {number(smallest.share)}
    standard_deviations: {number(smallest.standard_deviations)}
    volume: {number(smallest.volume)}
  # The fall of sensitivity or specificity below the validated one that is a breach, once labels have arrived.
  largest_fall: {number(drift.largest_fall)}
  # Months of routine use in which everything is reported and nobody is alarmed.
  shadow_months: {drift.shadow_months}
"""


def extraction_text() -> str:
    """The section `extraction`, not in force: the defaults are what it says."""
    reading = Extraction()
    return f"""\
# How headers are read; these are the defaults.
#extraction:
  # A header longer than this, in bytes, is put into quarantine instead of read.
  #max_header_bytes: {reading.max_header_bytes}
  # Objects per unit of work: what is repeated at most after an interruption.
  #shard_objects: {reading.shard_objects}
"""
