"""The sections `performance` and `measures` of a study to start from."""

from multisite.study.starting.answers import Answers
from multisite.study.starting.yaml_words import number, scalar

__all__ = ["judging_text"]


def judging_text(answers: Answers) -> str:
    """The sections."""
    finding = scalar(answers.finding_id)
    return f"""\
# How the index test is judged, on the test split.
performance:
  # A score at or above it is positive. Fixed before the test set is looked at.
  threshold: {number(answers.threshold)}
  # How the threshold of a finding was chosen: sensitivity or specificity `at_least` so much on the tuning cases, judged
  # by the lower_bound of its interval or by the estimate; {{by: youden}}; {{by: net_benefit, act_from: 0.2}}.
  # What the rule gives is reported beside the threshold above, and never replaces it. `prevalence`, with its source, is
  # that at which results are told per 1,000 cases.
  #operating_points:
    #- finding: {finding}
      #rule: {{by: sensitivity, at_least: 0.9, judged_by: lower_bound}}
      #prevalence: 0.03
      #prevalence_source: Where it was taken from
  # What is accepted, fixed before the test set is looked at. The report says meets, fails or insufficient evidence.
  #   metric        auc, sensitivity, specificity, ppv, npv, calibration_slope or observed_expected
  #   at_least, at_most   bounds of the metric itself; `of: overall` (if left out), `levels` or `both` says of what
  #   gap_at_most   how far a level of a primary stratum may lie below all other cases
  #margins:
    #- {{metric: auc, at_least: 0.8}}
    #- {{metric: sensitivity, gap_at_most: 0.05}}
  # How far calibration may lie from its ideal and still meet it: the slope from 1, the intercept, on the logit, from 0.
  calibration: {{slope_tolerance: 0.2, in_the_large_tolerance: 0.2}}
  # Level of every confidence interval.
  ci_level: 0.95
  # A proportion of fewer patients than this is shown as insufficient instead of as a number.
  minimum_denominator: 10
  # Whether patients are judged beside cases: positive if any case is, by the highest score.
  patient_level: false
  # Simulations start from it, so that they repeat.
  seed: 20

# Endpoints that are numbers of a case: Dice, a distance, a volume. Sites bring them in the table `measurements`. `kind`
# is quality (the number itself is the result) or paired (beside a column `reference`).
#measures:
  #- {{id: dice, title: Dice, kind: quality, better: higher, bounds: [0, 1], case_limit: 0.7, margin: 0.8}}
"""
