"""The demo's statements: the sections of its study file that only authors can write, here for a made-up study."""

from multisite.demo.plan import FINDING

__all__ = ["PLAN_YAML", "REPORTING_YAML", "RISKS_YAML"]

PLAN_YAML = f"""\
# The plan of the analysis: which results the study is judged by, made before anybody has seen them. What is reported
# beside them is marked post hoc. Locked with the rest of the protocol by `multisite lock`.
analysis_plan:
  # metric     auc, sensitivity, specificity, ppv, npv, calibration_slope, observed_expected or brier
  # role       primary or secondary; with several primary ones, `multiplicity` must correct for it
  # finding, model   one of the ids; all of them if left out
  # stratum    the endpoint is the metric at each level of it; of all test cases if left out
  endpoints:
    - {{id: ranking, metric: auc, role: primary, finding: {FINDING}, objective: "Does the score rank examinations?"}}
    - {{id: misses, metric: sensitivity, role: secondary, objective: "How many nodules are pointed out?"}}
    - {{id: alarms, metric: specificity, role: secondary, objective: "How many examinations are let through?"}}
    - {{id: scale, metric: calibration_slope, role: secondary}}
    - {{id: by_vendor, metric: sensitivity, role: secondary, stratum: vendor, objective: "Does it hold by vendor?"}}
    - {{id: by_sex, metric: sensitivity, role: secondary, stratum: sex}}
  # How several primary endpoints are corrected for: none, holm, bonferroni or gatekeeping.
  multiplicity: none
  # Days on which results are looked at before the last; empty for one look.
  looks: []
"""

RISKS_YAML = """\
# The authors' part of the risk file, in the vocabulary of ISO 14971. `hazard` is one of the starter catalogue (H01 to
# H36, docs/reference/hazards.md), or an id of your own, which needs a title and a situation. Severity, probabilities
# and whether the residual risk is acceptable are yours to judge: what is left out is shown as not judged.
risks:
  - hazard: H05
    severity: "serious (made up)"
    probability_of_situation: "occasional (made up)"
    probability_of_harm: "remote (made up)"
    control: Sensitivity is judged per vendor and sex, and the alert rate is watched per group each month
    control_owner: QA lead of each site (made up)
    residual_risk: "Groups with fewer than 50 positives a year are not resolved"
    acceptable: false
  - hazard: H04
    control: Monthly verdict with a stated budget of false alarms, mailed to the QA lead
    control_owner: QA lead of each site (made up)
  - hazard: H02
    control: None here; needs a reader study
  - hazard: night_shift
    title: The order of reading is changed when one radiologist covers several sites
    situation: An urgent examination without a nodule waits behind flagged ones
    harms: [delayed treatment]

# Records beside the pack, of the workflow it is used in: where they are and who keeps them; never their content. The
# topics are listed in docs/reference/companion-records.md.
companion:
  - {topic: gdp-01, title: Lawful basis and safeguards, pointer: "Record 12/2023 (made up)", keeper: DPO}
  - {topic: wfl-04, title: Routing rules and display of results, pointer: "IT service desk, item 77 (made up)"}
"""

REPORTING_YAML = """\
# What only the authors can say, for the reporting guidelines: the pack prints each statement where the guideline asks
# for it, and says plainly which are missing. Every statement may be left out. What can only be written when there are
# results (abstract, discussion, adverse_events, availability, not_applicable) is not part of what is locked.
reporting:
  ai_technology: A simulated score in the place of a convolutional network
  abstract: >-
    Retrospective external evaluation, simulated. Four fictional hospitals; planted faults. The results stand on the
    first page; they tell of the simulation and of no product.
  background: Nodules are overlooked when lists are long. The demo shows how such a claim would be tested.
  objectives: To estimate how well the score ranks examinations at four hospitals that did not develop it
  hypotheses: The area under the ROC curve is at least 0.8 over all test cases
  design:
    timing: retrospective        # or prospective, which the dates of the test cases must bear out
    goal: External testing of a fixed model, without comparison with readers
  data:
    sources: Four simulated hospitals; nothing of it is real
    prior_use: None
    ethics: Not needed for made-up data
    inclusion: Adults with a chest CT or a chest radiograph
    exclusion: Younger than 18 years; images not of the chest; no score
    sampling: Consecutive examinations of the simulated calendar
    sampling_frame: All examinations that the simulation makes in the window of the split
    series_selection_rule: The largest series of the examination with a modality that counts
    selector_training: Not applicable, the rule is a program's
    treatments: None known
    follow_up_end: None; the reference standard is of the same day
  reference_standard:
    definition: A nodule of 6 mm or more by the majority of three simulated readers
    rationale: A majority of readers is what many studies use; here the truth is known besides
    thresholds: 6 mm, longest diameter
    known_errors: Readers miss and overcall at planted rates
    annotators: Simulated readers; nobody is qualified
    instructions: None
    blinding: Readers do not see each other's calls
    index_blinding: Readers do not see the score
    test_set_process: As in the other splits
    tool: The simulation of this program
    horizon: Same examination
    severity: Not recorded
    alternative_diagnoses: Not recorded
    interval: None; images are the same
  partitions:
    method: By date; training ends before testing begins
    rationale: A model is used after it was made
    level: Examination; checks look for patients and studies on both sides
    development_sites: None of the four
    development_summary: The model was not developed; its scores are drawn
    external_rationale: The four hospitals differ in scanners, patients and setting
  index_test:
    architecture: None; scores are drawn from distributions
    inputs: One examination
    inputs_rationale: As a product would take it
    input_raters: None
    outputs: A score from 0 to 1
    preprocessing: None
    initialisation: None
    training: None
    training_environment: None
    class_balance: As simulated
    selection: None
    ensemble: None
    explainability: None
    inference_route: Tables of scores are supplied
  analysis:
    primary_endpoint: AUC over all test cases
    metric_rationale: Ranking does not depend on the threshold; the operating point is judged beside it
    sample_size: As many as the simulation was asked for
    missing_data: Cases without a score or a reference standard are excluded and counted
    indeterminate: Readings that are not assessable make no label
    updating: The model was not updated during the evaluation
  fairness:
    known_inequalities: Planted, by vendor
    approach: Sensitivity and specificity per sex and vendor against a margin
  discussion:
    interpretation: The faults that were planted are found; the estimates move accordingly
    limitations: Everything is simulated
    implications: None for care
    representativeness: The demo's patients represent nobody
    failure_interpretation: Misses lie where they were planted
    fairness: The gap between vendors is planted
    next_steps: Use your own study
  privacy:
    deidentification: Nothing to protect; planted identifiers are found by the checks
    legal_basis: None needed
  availability:
    code: Part of this program
    model: There is none
    data: Made again by `multisite demo`
  adverse_events: None; nobody was examined
  patient_involvement: None
  ethics: Not needed for made-up data
  registration: Not registered
  protocol_reference: This file, by its digest
  funding: None
  conflicts: None
  # Items of a guideline that do not apply, each with the reason.
  not_applicable:
    claim_2024/27: One model, no ensemble
"""
