"""The sections `cohort` and `integrity` of a study to start from."""

from multisite.study.starting.answers import Answers
from multisite.study.starting.yaml_words import scalar

__all__ = ["data_text"]


def data_text(answers: Answers) -> str:
    """The sections."""
    modalities = ", ".join(scalar(code) for code in answers.modalities)
    return f"""\
# Which cases are validated, in which split, and along which axes results are broken down.
cohort:
  # DICOM modalities of the images that count; a study's other series (a dose page, a report) are passed over.
  modalities: [{modalities}]

  # Rules that a case must satisfy, in this order; a case is counted under the first rule that excludes it.
  #   column        a column of the cohort, or a `clinical_…` column that the sites' tables of cases supply
  #   operator      ==  !=  <  <=  >  >=  in  not in  is known
  #   when_missing  exclude, keep, or fail (stop with an error): always stated, never guessed
  #eligibility:
    #- id: adult
      #column: age_years
      #operator: ">="
      #value: 18
      #when_missing: keep
      #reason: Younger than 18 years at the examination

  # Where the split of a case comes from: the sites' tables of cases say it (train, tune, test), or a rule makes it:
  #   {{by: patient, shares: {{train: 0.6, tune: 0.2, test: 0.2}}, seed: 7}}   whole patients are drawn
  #   {{by: time, test_from: 2024-01-01, straddling: exclude_later}}         by the date of the case
  #   {{by: site, sites: {{train: [northgate], test: [harbour]}}}}             by the site
  split: {{by: table}}

  # Axes along which every result is broken down, beside the site; one at least.
  #   when_missing  level (a level of its own, "unknown"), exclude, or fail: always stated, never guessed
  #   bands         cuts a number: [18, 40] gives <18, 18 to <40, and 40 or more
  #   levels        fixes the order of the levels of a text; values that are not named become "other"
  #   role          primary: its levels are judged against `performance.margins`; exploratory: they are never judged
  strata:
    - id: vendor
      title: Vendor
      column: vendor
      when_missing: level
      role: exploratory
    - id: sex
      title: Sex
      column: patient_sex
      when_missing: level
      levels: [F, M, O]
      role: exploratory
    - id: age_band
      title: Age
      column: age_years
      when_missing: level
      bands: [40, 55, 65, 75]
      unit: years
      role: exploratory

  # Strata that are crossed, two or three of them. Only what is named here is crossed, for crossed levels are small.
  #intersections: [{{of: [sex, age_band]}}]
  # The role of the sites, which are an axis without being declared.
  site_role: exploratory
  # For whom the model is meant: shares of the levels of a stratum, and where they were taken from. The report says how
  # far the tested patients lie from them.
  #target:
    #source: Where the shares were taken from
    #shares: {{sex: {{F: 0.52, M: 0.48}}}}

# What is claimed of the set. Every check always runs; this says which failures end the run, and what to check against.
integrity:
  # Checks whose failure ends the run with exit code 20: here, those for which the test set would be no test set.
  blocking: [patient_overlap, study_overlap, series_overlap, same_instance_two_patients, same_content_two_patients]
  # Whether training was over before the first test case, as the check `test_before_train` looks for.
  train_ends_before_test: true
  # The day from which on every test case was acquired, where the protocol claims one.
  #prospective_from: 2025-01-01
  # Columns none of whose values may stand in train and in test: [device] for a test on other scanners.
  disjoint: []
  # Columns of which a patient has one value only, as the hospital of a trust.
  patients_stay_within: []
  # Whether pixels are looked at, too, inside the sites; only headers are read without it.
  #pixels: {{instances_per_series: 3}}
"""
