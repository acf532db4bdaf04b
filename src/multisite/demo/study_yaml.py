"""The demo's study file, with a comment for every key that a study file may have."""

from multisite.demo.plan import FINDING, MODEL, STUDY, THRESHOLD, DemoPlan
from multisite.demo.readings import NEGATIVE_WORD, POSITIVE_WORD
from multisite.demo.reporting_yaml import PLAN_YAML, REPORTING_YAML, RISKS_YAML

__all__ = ["study_yaml"]


def study_yaml(plan: DemoPlan) -> str:
    """The text of the study file of ``plan``."""
    return f"""\
# The study file: the protocol. All sites share it. It holds no secret and no path, so it can be published, reviewed and
# locked. Unknown keys are refused, and `multisite check-config` names every fault with its line.
#
# This one is for the demo's four fictional hospitals: the patients, images, scores and faults are all made up.

# Short identifier; it names the folder of the study's results. Lower-case letters, digits, - and _.
study: {STUDY}
title: Pulmonary nodules on chest CT and chest radiographs, four fictional hospitals

# What the claim is about. The report prints it before any number.
intended_use:
  task: Point out examinations of the chest that show a pulmonary nodule of 6 mm or more
  population: Adults who have a chest CT or a chest radiograph for any reason
  setting: Emergency, inpatient and outpatient imaging
  human_role: A radiologist reads every examination; the model only changes the order of reading
  # Each entry is printed as a limit of the claim. Optional.
  not_validated_for:
    - Children and adolescents
    - Examinations other than of the chest
    - Use without a radiologist
  # What follows may be left out; the pack says what is missing.
  purpose: Examinations with a nodule are read first
  user: Radiologists of the four hospitals
  care_pathway: Between the scanner and the reading list; the report of the radiologist decides
  acquisition: CT with slices up to 5 mm and digital radiographs, with any device of the site
  input_quality: Images that are not of the chest get no score

# Target conditions. A site's table of cases has a column `reference_<id>` for each (true, false, or empty for unknown)
# that `reference` below does not name.
findings:
  - id: {FINDING}
    title: Pulmonary nodule of 6 mm or more

# Index tests. A site's table of predictions has a row for each case, finding and model.
models:
  - id: {MODEL}
    title: Demo chest model
    version: 1.4.0
    # Digest of the file or image that is the model, and the day from which on it was not changed. May be left out; a
    # claim of a prospective study needs the day.
    # sha256: 0123…
    frozen_on: 2022-12-31
    # What its scores are: a probability of the finding (if left out); a score from 0 to 1 that is none; or ordinal, one
    # of rising numbers that the tables hold in the place of a score. Calibration is then not judged.
    # scores: ordinal
    # categories: [1, 2, 3, 4, 5]
    # positive_from: 4

# How the reference standard of a finding is made from the sites' table `readings`, by `multisite adjudicate`. A finding
# that is not named here has its column `reference_<id>` in the tables of cases; the whole section may be left out.
reference:
  {FINDING}:
    version: 1                    # raised by you whenever something below changes; each label names it
    ratings:                      # what the words of the column `rating` mean, spelt as in the tables
      positive: [{POSITIVE_WORD}, probable]
      negative: [{NEGATIVE_WORD}]
      ambiguous: [unsure]
      non_diagnostic: [not assessable]
    rule: {{by: majority, of: 3}}   # more than half, where 3 or more have read; of some arms only: `arms`. Or one of:
    # rule: {{by: two_plus_one}}            # arms `primary` (two readers) and `adjudication`
    # rule: {{by: panel, arm: consensus}}   # one arm alone
    # rule: {{by: latent_class, of: 3, at_least: 0.9}}   # by probability, from the readers' errors
    # rule: {{by: independent, sources: [pathology, follow_up], otherwise: {{by: majority, of: 2}}}}
    ambiguous: exclude            # or: positive, negative, fail (stop with an error)
    non_diagnostic: exclude
    qualifications: []            # what readers may be, in the column `qualification`, as [board_certified, trainee]
    # How much larger than the others' a reader's share of wrong calls may be, of the negatives and of the positives,
    # before the report says that the reader reads differently.
    reader_excess_at_most: 0.05

# How often the labels of a finding are wrong, where they come from report text and not from readers of the images:
# counts of a check of the labeller against readers. Results are then shown corrected, and between bounds, beside those
# as labelled. Left out, as here, labels are taken as true.
#   label_errors:
#     nodule:
#       source: report text
#       labeller: reader-of-reports 2.1                      # with its version
#       sensitivity: {{positives_checked: 200, found: 188}}    # with the finding by readers; of these labelled positive
#       specificity: {{negatives_checked: 400, found: 392}}    # without it by readers; of these labelled negative
#       checked_at: [northgate, lakeside]                    # sites of the checked cases; optional

cohort:
  # DICOM modalities of the images that count; a study's other series (a dose page, a report) are passed over.
  modalities: [CT, CR, DX]

  # Rules that a case must satisfy, in this order; a case is counted under the first rule that excludes it. Faults of
  # the tables (a repeated case id, no images, no score, …) are looked for before these and need not be declared.
  #   column        a column of the cohort, or a `clinical_…` column that the sites' tables supply
  #   operator      ==  !=  <  <=  >  >=  in  not in  is known
  #   value         one value; a list for `in` and `not in`; nothing for `is known`
  #   when_missing  exclude, keep, or fail (stop with an error): always stated, never guessed
  eligibility:
    - id: adult
      column: age_years
      operator: ">="
      value: 18
      when_missing: keep
      reason: Younger than 18 years at the examination
    - id: chest
      column: body_part_examined
      operator: in
      value: [CHEST, THORAX]
      when_missing: keep
      reason: The images are not of the chest

  # Where the split of a case comes from. Left out, as here, the sites' tables of cases say it (`by: table`). A rule
  # makes it instead, one of these, among the cases that no other rule excludes:
  #   split:                          # whole patients are drawn
  #     by: patient
  #     shares: {{train: 0.6, tune: 0.2, test: 0.2}}
  #     seed: 7
  #     stratify: [vendor, nodule]    # strata or findings; optional
  #   split: {{by: time, tune_from: 2023-01-01, test_from: 2023-07-01, straddling: exclude_later}}
  #   split: {{by: site, sites: {{train: [northgate, lakeside], test: [harbour]}}}}
  #   split: {{by: column, column: vendor, levels: {{test: [Philips]}}, otherwise: train, straddling: keep}}
  #   split: {{by: column, column: device, shares: {{train: 0.7, test: 0.3}}, seed: 7, straddling: exclude_later}}
  # `straddling` says what becomes of a patient with cases in two splits: exclude_later keeps the patient in the split
  # of the earliest case and excludes the cases in another; keep leaves it to the check `patient_overlap` to find.

  # Axes along which every result is broken down, beside the site.
  #   when_missing  level (a level of its own, "unknown"), exclude, or fail: always stated, never guessed
  #   bands         cuts a number: [18, 40] gives <18, 18 to <40, and 40 or more; `unit` is printed with it
  #   levels        fixes the order of the levels of a text; values that are not named become "other"
  #   role          primary: its levels are judged against `performance.margins`, with correction for their number;
  #                 exploratory (if left out): they may point to something, and are never judged. Fixed beforehand.
  strata:
    - id: vendor
      title: Vendor
      column: vendor
      when_missing: level
      role: primary
    - id: model
      title: Scanner model
      column: manufacturer_model_name
      when_missing: level
    - id: modality
      title: Modality
      column: modality
      when_missing: level
      levels: [CT, CR, DX]
    - id: age_band
      title: Age
      column: age_years
      when_missing: level
      bands: [40, 55, 65, 75]
      unit: years
    - id: sex
      title: Sex
      column: patient_sex
      when_missing: level
      levels: [F, M, O]
      role: primary
    - id: slice_thickness
      title: CT slice thickness
      column: slice_thickness_mm
      when_missing: level
      bands: [1.25, 2.5]
      unit: mm
    - id: kernel
      title: CT kernel family
      column: kernel_class
      when_missing: level
      levels: [very_smooth, smooth, medium, sharp, very_sharp]
    - id: setting
      title: Clinical setting
      column: clinical_setting
      when_missing: level
      levels: [emergency, inpatient, outpatient]

  # Strata that are crossed, two or three of them: one more axis, with the level "F × 40-<55" and so on. Each may have a
  # role. Only what is named here is crossed, for crossed levels are small.
  intersections:
    - of: [sex, age_band]

  # The role of the sites, which are an axis without being declared: exploratory if left out.
  # site_role: exploratory

  # For whom the model is meant: shares of the levels of a stratum, and where they were taken from. The report says how
  # far the tested patients lie from them. A level of a band is written <40, 40-<55 or >=75. May be left out.
  target:
    source: Made up for the demo
    shares:
      sex: {{F: 0.52, M: 0.48}}
      age_band: {{<40: 0.12, 40-<55: 0.22, 55-<65: 0.26, 65-<75: 0.24, ">=75": 0.16}}

# Every check always runs.
integrity:
  # Checks whose failure ends the run with exit code 20. Empty here, because the demo's faults are planted on purpose; a
  # real study names at least: patient_overlap, study_overlap, series_overlap, same_instance_two_patients,
  # same_content_two_patients.
  blocking: []
  # How much a failed check threatens the claim, where you see it differently than the default:
  # critical, major or minor.
  severity:
    test_before_train: major
  # Whether the protocol claims that training was over before the first test case; if so, it is checked.
  train_ends_before_test: true
  # The day from which on the protocol claims that every test case was acquired; leave it out where it claims none.
  # prospective_from: 2025-01-01
  # Columns of the case none of whose values may stand in train and in test: site, device, vendor, model, station_name,
  # protocol_name, …, or a `clinical_…` column. A test by scanner is `[device]`. Empty where nothing is claimed.
  disjoint: []
  # Columns of the case of which a patient has one value only: the hospital of a trust, the collection of an archive. A
  # patient with two is found. Empty where patients may change between them.
  patients_stay_within: []
  # Whether what is fitted before the model (a site's table `fitted` names the cases) may be fitted on tune, too.
  tune_may_fit: true
  # What decided the splits of the sites' tables, as planned: `time` for the date of the case, or a column as under
  # `disjoint`. Headers may then tell train from test as far as that does. What `cohort.split` says is known anyhow.
  split_follows: [time]
  # Further checks, from packages that are installed beside multisite: names of entry points of `multisite.checks`.
  plugins: []
  # Whether pixels are looked at, too, inside the sites: for images that stand under two patients, and for text in them.
  # Only headers are read without this section. Each field may be left out (`pixels: {{}}`).
  # pixels:
  #   instances_per_series: 3       # of each index series, spread over it; or: all
  #   max_object_bytes: 268435456   # larger objects are counted, not read
  # Where the permutations of the checks of labels start, so that they repeat.
  seed: 20

# How the index test is judged, on the test split.
performance:
  # A score at or above it is positive. Fixed before the test set is looked at.
  threshold: {THRESHOLD:g}
  # The operating points: for each finding, or a finding and one model, what differs from the default threshold, and how
  # the threshold was chosen. The threshold stays the one that is written here; what the rule gives on the tuning cases
  # is reported beside it, and never replaces it. May be left out.
  #   threshold   of this finding (and model); left out: the default above
  #   rule        sensitivity or specificity `at_least` so much, judged by the lower_bound of its interval or by the
  #               estimate; {{by: youden}}; {{by: net_benefit, act_from: 0.2}}
  #   prevalence  at which results are told per 1,000 cases, with its source; left out: that of the test cases
  operating_points:
    - finding: {FINDING}
      rule: {{by: sensitivity, at_least: 0.75, judged_by: lower_bound}}
  #   - finding: pneumothorax
  #     threshold: 0.2
  #     rule: {{by: net_benefit, act_from: 0.05}}
  #     prevalence: 0.03
  #     prevalence_source: Register of the emergency departments, 2023
  #   - finding: pneumothorax
  #     model: chest_ai_2                       # one model, or version, of several
  #     threshold: 0.4
  # Replicates of the bootstrap of a rule's threshold, and the range over which the decision curve is drawn: the
  # probabilities of the finding from which on one might act.
  threshold_replicates: 1000
  decision_curve: {{act_from_low: 0.05, act_from_high: 0.6}}
  # Level of every confidence interval.
  ci_level: 0.95
  # Bins of the reliability curve.
  reliability_bins: 10
  # A proportion of fewer patients than this is shown as insufficient instead of as a number.
  minimum_denominator: 10
  # What is accepted, fixed before the test set is looked at. The report then says meets, fails or insufficient evidence
  # of all test cases and of each level of a primary stratum. May be left out.
  #   metric        auc, sensitivity, specificity, ppv, npv, calibration_slope or observed_expected
  #   finding       one of the ids; all of them if left out. So for `model`
  #   at_least, at_most   bounds of the metric itself; `of: overall` (if left out), `levels` or `both` says of what
  #   gap_at_most   how far a level may lie below all other cases; not for calibration
  margins:
    - metric: sensitivity
      gap_at_most: 0.03
    - metric: specificity
      gap_at_most: 0.03
    - metric: auc
      at_least: 0.8
  # How far calibration may lie from its ideal and still meet it: the slope from 1, the intercept, on the logit, from 0.
  # The report says of every site and level: meets, departs or insufficient evidence. May be left out.
  calibration: {{slope_tolerance: 0.2, in_the_large_tolerance: 0.2}}
  # Scores are counted on a grid of so many steps from 0 to 1 before counts of several sites are added.
  score_grid_steps: 1000
  # Simulated data sets behind the null band of the calibration error; the seed makes them repeatable.
  null_replicates: 1000
  seed: {plan.seed}
  # Whether patients are judged beside cases: positive if any case is, by the highest score. Off if left out.
  patient_level: true
  # Models of `models` that are held against each other on the cases with a score of both. Left out, as here, none are.
  #   comparisons:
  #     - new: chest-2
  #       old: chest-1
  #       findings: [nodule]                        # all where left out
  #       primary: [auc]                            # whose tests are adjusted for being many; or sensitivity, …, brier
  #       margins: {{auc: 0.02, sensitivity: 0.03}}   # the largest losses that are accepted; optional
  #       data: {{by: date, new_from: 2024-06-01}}    # what is new data, to tell a worse model from worse data; or:
  #       # data: {{by: stratum, stratum: vendor, old: [GE], new: [Siemens]}}
  # Slices of the misses and false alarms, searched in half of the patients and confirmed in the other. May be left out;
  # these are the defaults, but for `columns`, which are all strata and all that may be searched. Null: no search.
  #   failure_modes:
  #     columns: [vendor, age_band, view_position]   # strata, by id, and columns of the case
  #     max_conditions: 2             # columns that describe a slice, at most 3
  #     beam_width: 20                # slices that are refined further
  #     minimum_patients: 20          # in a slice, and outside it
  #     candidates: 10                # slices that are held against the second half, of each kind of error
  #     seed: 20                      # deals the patients

# Endpoints that are numbers of a case: Dice, a distance, a volume, a diameter. Sites bring them in the table
# `measurements`. Left out, as here, nothing is measured.
#   measures:
#     - id: dice
#       title: Dice
#       kind: quality               # the number itself is the result; or paired: beside a column `reference`
#       better: higher              # or: lower
#       bounds: [0, 1]              # a value outside is a fault; with `top_coded: true` one above counts as the bound
#       case_limit: 0.7             # what is acceptable of a case; optional
#       margin: 0.8                 # what is accepted of the mean (paired: of both limits of agreement); optional
#     - {{id: volume, title: Nodule volume, kind: paired, unit: ml, case_limit: 2, margin: 5}}

# What is watched in routine use, month by month, against the validated cases; the section may be left out.
drift:
  # Columns of the index series, in two families: how the images are made, and whose they are. Also a column clinical_…
  # that the site's tables of cases and of routine use have, and a stratum.
  acquisition:
    numbers: [slice_thickness_mm, tube_voltage_kv]
    categories: [vendor, manufacturer_model_name, software_versions, modality, kernel_class]
  population:
    numbers: [age_years]
    categories: [patient_sex, clinical_setting]
  # The model's output: the scores, and the share of studies with a score at or above the threshold.
  scores: true
  alert_rate: true
  # Watched categories within whose values the output is watched, too.
  subgroups: [vendor, patient_sex]
  # Bins of a number; their edges come from the validated cases and stay.
  bins: 10
  # The feed: working days without any study that are a stopped feed, the months of routine use from which volumes,
  # failures, abstentions and agreement with reports are learnt, and whether studies without a value are watched.
  feed: {{silent_days: 3, first_months: 3, missing: true}}
  # How often a site may be alarmed though nothing has changed, and the years that are simulated to show it.
  budget: {{false_ambers_per_year: 1, false_reds_per_five_years: 1, simulated_years: 100}}
  # Changes below which nobody is told: of a share, of a mean in standard deviations, of the volume; and of one monitor.
  smallest_changes:
    share: 0.02
    standard_deviations: 0.05
    volume: 0.3
    monitors: {{age_years: 1.0}}
  # The share of alerts between which use is agreed to be safe; outside it a month is red. May be left out.
  # alert_bands:
  #   - {{finding: nodule, low: 0.2, high: 0.6}}
  # The fall of sensitivity or specificity below the validated one that is a breach, once labels have arrived.
  largest_fall: 0.1
  # Months of routine use in which everything is reported and nobody is alarmed.
  shadow_months: 0
  # Counts below this are not printed in mails.
  minimum_cell: 10
  seed: 20

{PLAN_YAML}
{RISKS_YAML}
{REPORTING_YAML}
# How headers are read. These are the defaults; the section may be left out.
extraction:
  # Bytes asked for of the first objects of a folder; then what their headers needed tells how many to ask for.
  first_read_bytes: 8192
  # A header longer than this is put into quarantine instead of read.
  max_header_bytes: 16777216
  # Bytes that are read of one archive (.zip, .tar, .tar.gz) at most; its other members are not read.
  max_archive_bytes: 68719476736
  # Objects per unit of work: what is repeated at most after an interruption.
  shard_objects: 4000
  # Tasks that list one store at the same time, where its folders allow to divide it.
  listing_tasks: 16
"""
