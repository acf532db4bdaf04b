"""What only the authors can say: the statements that reporting guidelines ask for beside what the program measures.

Every statement is optional. One that is not made is shown as missing, never filled in.
"""

from typing import Annotated, Literal

from pydantic import Field

from multisite.study.section import Section

__all__ = ["Reporting"]

Statement = Annotated[str, Field(max_length=20_000)] | None


class Design(Section):
    """``timing`` is checked against the dates of the cases; ``goal`` says what kind of study it is."""

    timing: Literal["prospective", "retrospective"] | None = None
    goal: Statement = None


class DataSources(Section):
    """Where the data came from, and how cases, images and patients were chosen."""

    sources: Statement = None
    prior_use: Statement = None
    ethics: Statement = None
    inclusion: Statement = None
    exclusion: Statement = None
    sampling: Statement = None
    sampling_frame: Statement = None
    series_selection_rule: Statement = None
    selector_training: Statement = None
    treatments: Statement = None
    follow_up_end: Statement = None


class ReferenceStandard(Section):
    """How the truth was made and by whom, what they knew, and what it gets wrong."""

    definition: Statement = None
    rationale: Statement = None
    thresholds: Statement = None
    known_errors: Statement = None
    annotators: Statement = None
    instructions: Statement = None
    blinding: Statement = None
    index_blinding: Statement = None
    test_set_process: Statement = None
    tool: Statement = None
    horizon: Statement = None
    severity: Statement = None
    alternative_diagnoses: Statement = None
    interval: Statement = None


class Partitions(Section):
    """How cases went to train, tune and test, and which sites the model was developed on."""

    method: Statement = None
    rationale: Statement = None
    level: Statement = None
    development_sites: Statement = None
    development_summary: Statement = None
    external_rationale: Statement = None


class IndexTest(Section):
    """The model: what goes in and comes out, and how it was made."""

    architecture: Statement = None
    inputs: Statement = None
    inputs_rationale: Statement = None
    input_raters: Statement = None
    outputs: Statement = None
    preprocessing: Statement = None
    initialisation: Statement = None
    training: Statement = None
    training_environment: Statement = None
    class_balance: Statement = None
    selection: Statement = None
    ensemble: Statement = None
    explainability: Statement = None
    inference_route: Statement = None


class Analysis(Section):
    """Why these endpoints and metrics, how many cases were planned, and what became of what is not clear-cut."""

    primary_endpoint: Statement = None
    metric_rationale: Statement = None
    sample_size: Statement = None
    missing_data: Statement = None
    indeterminate: Statement = None
    multiplicity: Statement = None
    updating: Statement = None


class Discussion(Section):
    """What the results mean, and what they do not."""

    interpretation: Statement = None
    limitations: Statement = None
    implications: Statement = None
    representativeness: Statement = None
    failure_interpretation: Statement = None
    fairness: Statement = None
    next_steps: Statement = None


class Fairness(Section):
    """What is known of inequalities in care, and how the study looks for them."""

    known_inequalities: Statement = None
    approach: Statement = None


class Privacy(Section):
    """How patients are protected."""

    deidentification: Statement = None
    legal_basis: Statement = None


class Availability(Section):
    """Who can have code, model and data, and on what conditions."""

    code: Statement = None
    model: Statement = None
    data: Statement = None


class Reporting(Section):
    """Statements by part of a report. A guideline's item names them by path, as ``discussion.limitations``."""

    ai_technology: Statement = None
    abstract: Statement = None
    background: Statement = None
    objectives: Statement = None
    hypotheses: Statement = None
    design: Design = Design()
    data: DataSources = DataSources()
    reference_standard: ReferenceStandard = ReferenceStandard()
    partitions: Partitions = Partitions()
    index_test: IndexTest = IndexTest()
    analysis: Analysis = Analysis()
    discussion: Discussion = Discussion()
    fairness: Fairness = Fairness()
    privacy: Privacy = Privacy()
    availability: Availability = Availability()
    adverse_events: Statement = None
    patient_involvement: Statement = None
    ethics: Statement = None
    registration: Statement = None
    protocol_reference: Statement = None
    funding: Statement = None
    conflicts: Statement = None
    not_applicable: Annotated[dict[str, str], Field(max_length=200)] = Field(default_factory=dict)
    """Items of a guideline, as ``claim_2024/27``, that do not apply, each with the reason."""
