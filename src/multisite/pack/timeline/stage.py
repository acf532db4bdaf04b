"""The stage that draws a site's timeline from its verdicts."""

from multisite.pack.timeline.parameters import TimelineParameters, timeline_parameters
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.drift import DRIFT_COMPARISON
from multisite.schemas.drift_baseline import DRIFT_BUDGET
from multisite.schemas.drift_feed import DEPLOYMENT_DEVICES, DRIFT_EVENTS
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS
from multisite.schemas.timeline import MONTH_CHART, TIMELINE_PAGE

__all__ = ["TIMELINE_STAGE"]


def _draw_timeline(inputs: StageInputs, parameters: TimelineParameters) -> StageOutputs:
    # Matplotlib takes half a second to import, which no other command should pay for.
    from multisite.pack.timeline.month_chart import month_chart
    from multisite.pack.timeline.page import render_timeline
    from multisite.pack.timeline.record import SiteRecord

    record = SiteRecord.from_inputs(inputs, parameters)
    files = {TIMELINE_PAGE.name: render_timeline(record).encode()}
    chart = month_chart(record, minimum_cell=parameters.minimum_cell)
    if chart is not None:
        files[MONTH_CHART.name] = chart
    return StageOutputs(files=files)


TIMELINE_STAGE = Stage(
    name="timeline",
    title="Draw the timeline",
    verb="monitor",
    scope=Scope.SITE,
    version=3,
    reads=(DRIFT_VERDICTS, DRIFT_MONITORS, DRIFT_CASES, DRIFT_EVENTS, DRIFT_COMPARISON),
    optional_reads=(DRIFT_BUDGET, DEPLOYMENT_DEVICES, DRIFT_PERFORMANCE),
    writes=(TIMELINE_PAGE, MONTH_CHART),
    run=_draw_timeline,
    parameters=timeline_parameters,
    isolates_sites=True,
)
