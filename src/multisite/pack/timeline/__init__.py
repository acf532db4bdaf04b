"""The timeline of a site: one static page of all its months in routine use, and the picture inside the mail.

Belongs here: putting the verdicts, monitors, cases and events of a site on a page, with the words, tables and figures
of the report. Does not belong: judging anything (`drift` does), and the mail itself (`notify` does).
"""

from multisite.pack.timeline.parameters import TimelineParameters, timeline_parameters
from multisite.pack.timeline.stage import TIMELINE_STAGE

__all__ = ["TIMELINE_STAGE", "TimelineParameters", "timeline_parameters"]
