"""The validation pack: what a site reviewer reads, made from aggregates alone; and the timeline of a site.

Belongs here: the words, tables and figures of both, and their rendering into self-contained pages. Does not belong:
computing an estimate or a verdict (the rooms below do), or reading anything of a single case. Only the pipeline, the
runners, the demo and the command line import it. The only home of Jinja2 and Matplotlib; both are imported when a page
is made, and not before.
"""

from multisite.pack.parameters import ReportParameters, report_parameters
from multisite.pack.stage import REPORT_STAGE
from multisite.pack.timeline import TIMELINE_STAGE

__all__ = ["REPORT_STAGE", "TIMELINE_STAGE", "ReportParameters", "report_parameters"]
