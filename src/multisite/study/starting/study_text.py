"""The study file to start from: every section of the protocol, in its order, with what a newcomer has to know of it."""

from multisite.study.starting.answers import Answers
from multisite.study.starting.data_text import data_text
from multisite.study.starting.judging_text import judging_text
from multisite.study.starting.risks_text import risks_text
from multisite.study.starting.statements_text import statements_text
from multisite.study.starting.watching_text import extraction_text, watching_text
from multisite.study.starting.yaml_words import scalar

__all__ = ["study_text"]


def study_text(answers: Answers) -> str:
    """The text of the study file."""
    sections = (
        _claim_text(answers),
        data_text(answers),
        judging_text(answers),
        watching_text(),
        _plan_text(answers),
        risks_text(),
        statements_text(),
        extraction_text(),
    )
    return "\n".join(sections)


def _claim_text(answers: Answers) -> str:
    finding = scalar(answers.finding_id)
    return f"""\
# The study file: the protocol. All sites share it. It holds no secret and no path, so it can be published, reviewed and
# locked. Unknown keys are refused, and `multisite check-config` names every fault with its line.
#
# `multisite init` wrote it from your answers. A line with # and a blank explains. One with # and no blank, as #purpose:
# below, is not in force: take the # away, and that of the lines under it, and write what holds for your study.

# Short identifier; it names the folder of the study's results. Lower-case letters, digits, - and _.
study: {scalar(answers.study)}
title: {scalar(answers.title)}

# What the claim is about. The report prints it before any number, so say it as narrowly as it is true.
intended_use:
  task: {scalar(answers.task)}
  population: {scalar(answers.population)}
  setting: {scalar(answers.setting)}
  human_role: {scalar(answers.human_role)}
  # Each entry is printed as a limit of the claim.
  #not_validated_for: [Children and adolescents, Use without a radiologist]
  # What follows may be left out; the pack says what is missing. What the model is good for:
  #purpose:
  # Who works with its output:
  #user:
  # Where in the care of a patient it stands:
  #care_pathway:
  # Under which conditions images are made: devices, protocols, contrast.
  #acquisition:
  # What becomes of images that are not fit for the model:
  #input_quality:

# Target conditions: what the model looks for. A site's table of cases has a column `reference_<id>` for each, here
# `reference_{answers.finding_id}` (true, false, or empty for unknown), unless `reference` below makes it from readings.
findings:
  - id: {finding}
    title: {scalar(answers.finding)}

# Index tests: what is judged. A site's table of predictions has a row for each case, finding and model, named by their
# ids. Several models, or versions of one, are several entries.
models:
  - id: {scalar(answers.model_id)}
    title: {scalar(answers.model)}
    version: {scalar(answers.model_version)}
    # SHA-256 of the file or image that is the model, as 64 digits from 0 to f:
    #sha256:
    # The day from which on it was not changed; the claim of a prospective study needs it.
    #frozen_on: 2024-01-31
    # What its scores are: a probability of the finding, or a score from 0 to 1 that is none. One of rising categories
    # is `ordinal`, with `categories: [1, 2, 3, 4, 5]` and `positive_from: 4`.
    scores: probability

# How the reference standard of a finding is made from the sites' table `readings`, by `multisite adjudicate`. Leave it
# out where the tables of cases have it.
#reference:
  #{finding}:
    # Raised by you whenever something below changes; each label names it.
    #version: 1
    # What the words of the column `rating` mean, spelt as in the tables.
    #ratings: {{positive: ["present"], negative: ["absent"], ambiguous: [unsure], non_diagnostic: [not assessable]}}
    # More than half, where 3 or more have read. Or {{by: two_plus_one}}, with arms `primary` and `adjudication`;
    # {{by: panel, arm: consensus}}; {{by: latent_class, of: 3, at_least: 0.9}}.
    #rule: {{by: majority, of: 3}}
    # What becomes of the unclear: exclude, positive, negative, or fail (stop with an error).
    #ambiguous: exclude
    #non_diagnostic: exclude

# How often the labels of a finding are wrong, where they come from report text and not from readers of the images:
# counts of a check of the labeller against readers. Results are then shown corrected, too. Not for a finding that
# `reference` makes. Left out, labels are taken as true.
#label_errors:
  #{finding}:
    #source: report text
    # With its version.
    #labeller: reader-of-reports 2.1
    #sensitivity: {{positives_checked: 200, found: 188}}
    #specificity: {{negatives_checked: 400, found: 392}}
"""


def _plan_text(answers: Answers) -> str:
    return f"""\
# The plan of the analysis: which results the study is judged by, made before anybody has seen them. What is reported
# beside them is marked post hoc. `multisite lock` freezes it with the rest of the protocol.
analysis_plan:
  # metric     auc, sensitivity, specificity, ppv, npv, calibration_slope, observed_expected or brier
  # finding, model   one of the ids; all of them if left out
  # role       primary or secondary; with several primary ones, `multiplicity` must correct for it
  # stratum    the endpoint is the metric at each level of it; of all test cases if left out
  endpoints:
    - id: primary
      metric: auc
      role: primary
      finding: {scalar(answers.finding_id)}
      model: {scalar(answers.model_id)}
      objective: Does the score rank examinations with the finding above those without
    #- {{id: missed, metric: sensitivity, role: secondary}}
    #- {{id: missed_by_sex, metric: sensitivity, role: secondary, stratum: sex}}
  # How several primary endpoints are corrected for: none, holm, bonferroni or gatekeeping.
  multiplicity: none
  # Days on which results are looked at before the last, as [2025-03-01]; empty for one look.
  looks: []
"""
