"""The report stage: aggregates of every site in, one page out."""

from multisite.pack.evidence import EVIDENCE, OPTIONAL_EVIDENCE, Evidence
from multisite.pack.parameters import ReportParameters, report_parameters
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.report import REPORT

__all__ = ["REPORT_STAGE"]


def _write_report(inputs: StageInputs, parameters: ReportParameters) -> StageOutputs:
    # Matplotlib takes half a second to import, which no other command should pay for.
    from multisite.pack.page import render_page

    page = render_page(Evidence.from_inputs(inputs, parameters))
    return StageOutputs(files={REPORT.name: page.encode()})


REPORT_STAGE = Stage(
    name="report",
    title="Write the report",
    verb="report",
    scope=Scope.STUDY,
    version=11,
    reads=EVIDENCE,
    optional_reads=OPTIONAL_EVIDENCE,
    writes=(REPORT,),
    run=_write_report,
    parameters=report_parameters,
)
